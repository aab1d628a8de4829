"""Trips to consent pages, each made once, and the apps they are made with."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard import clock
from dashboard.store.base import Session
from dashboard.store.connections import OAuthApp, OAuthFlow

PENDING, DONE, FAILED, REFUSED = "pending", "done", "failed", "refused"


def get(session: Session, flow_id: str) -> OAuthFlow | None:
    """One flow."""
    return session.get(OAuthFlow, flow_id)


def reread(session: Session, flow_id: str) -> OAuthFlow | None:
    """One flow as it is after an update in the same transaction."""
    asked = select(OAuthFlow).where(OAuthFlow.id == flow_id)
    return session.exec(asked.execution_options(populate_existing=True)).first()


def by_state(session: Session, state_hash: str) -> OAuthFlow | None:
    """The flow that still waits for this state."""
    asked = select(OAuthFlow).where(OAuthFlow.state_hash == state_hash, OAuthFlow.status == PENDING)
    return session.exec(asked).first()


def spend(session: Session, flow: OAuthFlow) -> bool:
    """Use up the flow's state; True for the one caller who was first."""
    spent = (
        sa.update(OAuthFlow)
        .where(col(OAuthFlow.id) == flow.id, col(OAuthFlow.state_hash) == flow.state_hash)
        .values(state_hash=f"spent:{flow.id}")
        .returning(col(OAuthFlow.id))
        .execution_options(synchronize_session=False)
    )
    return session.connection().execute(spent).scalar() is not None


def finish(session: Session, flow_id: str, status: str, code: str = "", reason: str = "") -> None:
    """Write down how a pending flow ended."""
    _finish(session, [col(OAuthFlow.id) == flow_id], status, code, reason)


def supersede(session: Session, connection_id: str, code: str) -> None:
    """End every flow of a connection that still waits."""
    _finish(session, [col(OAuthFlow.connection_id) == connection_id], FAILED, code)


def overdue(session: Session) -> list[OAuthFlow]:
    """Flows whose time has passed without anybody coming back."""
    asked = select(OAuthFlow).where(
        OAuthFlow.status == PENDING, col(OAuthFlow.expires_at) <= clock.now()
    )
    return list(session.exec(asked).all())


def delete_ended(session: Session, before: datetime, limit: int) -> list[str]:
    """Delete flows that were begun before a moment and have ended; their ids."""
    # Ids begin with their time, so that the primary key leads to the oldest.
    oldest = f"flw_{int(before.timestamp() * 1000):012x}"
    old = (
        sa.select(col(OAuthFlow.id))
        .where(col(OAuthFlow.id) < oldest, col(OAuthFlow.status) != PENDING)
        .order_by(col(OAuthFlow.id))
        .limit(limit)
    )
    deleted = sa.delete(OAuthFlow).where(col(OAuthFlow.id).in_(old)).returning(col(OAuthFlow.id))
    return list(session.connection().execute(deleted).scalars())


def pending(session: Session, connection_id: str) -> OAuthFlow | None:
    """The flow of a connection that somebody may still come back from."""
    asked = select(OAuthFlow).where(
        OAuthFlow.connection_id == connection_id,
        OAuthFlow.status == PENDING,
        col(OAuthFlow.expires_at) > clock.now(),
    )
    return session.exec(asked).first()


def app(session: Session, provider: str) -> OAuthApp | None:
    """The installation's own app at a vendor."""
    return session.get(OAuthApp, provider)


def save_app(session: Session, provider: str, client_id: str) -> None:
    """Keep or replace the app's public id."""
    row = session.get(OAuthApp, provider) or OAuthApp(provider=provider, client_id=client_id)
    row.client_id, row.updated_at = client_id, clock.now()
    session.add(row)


def forget_app(session: Session, provider: str) -> None:
    """Drop the app."""
    session.connection().execute(sa.delete(OAuthApp).where(col(OAuthApp.provider) == provider))


def _finish(
    session: Session,
    which: list[sa.ColumnElement[bool]],
    status: str,
    code: str = "",
    reason: str = "",
) -> None:
    ended = (
        sa.update(OAuthFlow)
        .where(*which, col(OAuthFlow.status) == PENDING)
        .values(
            status=status,
            error_code=code,
            error_reason=reason[:300],
            finished_at=clock.now(),
            state_hash=sa.literal("spent:") + col(OAuthFlow.id),
        )
        .execution_options(synchronize_session=False)
    )
    session.connection().execute(ended)
