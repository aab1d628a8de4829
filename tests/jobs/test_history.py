"""What is done is forgotten in time; what must not be done twice, and what failed, later."""

import pytest
import sqlalchemy as sa

from dashboard.jobs import jobs as port


@pytest.fixture
def ended(jobs, store, until, monkeypatch):
    """One ordinary job, one that is done once, one that failed: a function that ages them."""
    monkeypatch.setattr(port, "ATTEMPTS", 1)
    jobs.register("work", lambda _: None)
    jobs.register("fail", lambda _: 1 / 0)
    jobs.start()
    jobs.enqueue("work", {})
    jobs.enqueue("work", {}, once="delivery-1")
    jobs.enqueue("fail", {})
    columns = [sa.column(name) for name in ("workflow_uuid", "status", "completed_at")]
    rows = sa.table("workflow_status", *columns, schema="dbos" if store.on_postgres else None)

    def left():
        with store.engine.connect() as connection:
            found = connection.execute(sa.select(rows.c.status, rows.c.workflow_uuid)).all()
        return sorted((state, uuid.startswith("once-")) for state, uuid in found)

    assert until(lambda: {state for state, _ in left()} == {"SUCCESS", "ERROR"})

    def age(hours):
        older = sa.update(rows).values(completed_at=rows.c.completed_at - hours * 3_600_000)
        with store.engine.begin() as connection:
            connection.execute(older)
        jobs._engine._purge()
        return left()

    return age


def test_each_kind_of_end_is_kept_for_its_own_time(ended):
    fresh, hours, days, weeks = ended(0), ended(2), ended(24 * 4), ended(24 * 14)

    assert fresh == [("ERROR", False), ("SUCCESS", False), ("SUCCESS", True)]
    assert hours == [("ERROR", False), ("SUCCESS", True)]
    assert days == [("ERROR", False)]
    assert weeks == []
