"""A process that runs actions and is killed, by others or, told so, at a commit of its own."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from tests.actions.desks import assembled
from tests.pulse.desk import OPERATOR


def act(place, *, asked, die_at=""):
    """Run each of `asked` (action, arguments, key) in a thread of its own."""
    with assembled(Path(place["folder"]), place["url"], place["vendor"]) as desk:
        desk.jobs.start("web")
        if die_at:
            _die_at_commit_of(desk.store.engine, die_at)
        with ThreadPoolExecutor(len(asked)) as pool:
            list(pool.map(lambda wanted: _run(desk, place["agent"], *wanted), asked))


def _run(desk, agent, action, arguments, key):
    return desk.actions.run(OPERATOR, agent, "pulse", action, arguments, key=key)


def _die_at_commit_of(engine, statement):
    """SIGKILL when a transaction that has run this statement is about to be kept."""

    def note(connection, _cursor, text, *_more):
        if text.startswith(statement):
            connection.info["marked"] = True

    def kill(connection):
        if connection.info.get("marked"):
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(engine, "before_cursor_execute", note)
    sa.event.listen(engine, "commit", kill)
