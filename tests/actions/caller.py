"""A process that asks for the same things again and again, from several threads at once.

Prints, for each key, the ids and states of the runs it was answered with.
"""

import json
import random
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dashboard.contracts.errors import Refusal
from tests.actions.desks import assembled
from tests.pulse.desk import OPERATOR

given = json.loads(sys.argv[1])
calls = [f"k{n}" for n in range(given["keys"])] * given["repeats"]
random.Random(given["seed"]).shuffle(calls)  # noqa: S311 - an order, not a secret
answers = defaultdict(set)


def ask(desk, key):
    """The answer, as a patient program gets it: who is told to wait comes again."""
    note = {"about": "deals", "about_id": "1", "text": key}
    place = (given["agent"], "pulse", "add_note")
    while True:
        try:
            run = desk.actions.run(OPERATOR, *place, note, key=key)
        except Refusal as refused:
            if refused.code != "actions.in_progress":
                raise
        else:
            answers[key].add((run.id, str(run.state)))
            return


with (
    assembled(Path(given["folder"]), given["url"], given["vendor"]) as desk,
    ThreadPoolExecutor(given["threads"]) as pool,
):
    list(pool.map(lambda key: ask(desk, key), calls))
sys.stdout.write(json.dumps({key: sorted(found) for key, found in answers.items()}))
