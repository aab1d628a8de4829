"""A process that runs actions and is killed, by others or, told so, at a commit of its own."""

import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from tests.actions.desks import assembled
from tests.pulse.desk import OPERATOR

given = json.loads(sys.argv[1])


def die_at_commit_of(engine, statement):
    """SIGKILL when a transaction that has run this statement is about to be kept."""

    def note(connection, _cursor, text, *_more):
        if text.startswith(statement):
            connection.info["marked"] = True

    def kill(connection):
        if connection.info.get("marked"):
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(engine, "before_cursor_execute", note)
    sa.event.listen(engine, "commit", kill)


def ask(desk, wanted):
    action, arguments, key = wanted
    return desk.actions.run(OPERATOR, given["agent"], "pulse", action, arguments, key=key)


with assembled(Path(given["folder"]), given["url"], given["vendor"]) as desk:
    desk.jobs.start("web")
    if given["die_at"]:
        die_at_commit_of(desk.store.engine, given["die_at"])
    with ThreadPoolExecutor(len(given["asked"])) as pool:
        runs = list(pool.map(lambda wanted: ask(desk, wanted), given["asked"]))
sys.stdout.write(json.dumps([run.state for run in runs]))
