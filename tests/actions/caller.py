"""A process that asks for the same things again and again, from several threads at once."""

import json
import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from dashboard.contracts.errors import Refusal
from tests.actions.desks import assembled
from tests.pulse.desk import OPERATOR


def call(place, *, keys, repeats, threads, seed):
    """Ask `repeats` times under each of `keys` keys, in an order of its own.

    The folder then holds `<seed>.json`: for each key, the ids and states it was answered with.
    """
    calls = [f"k{n}" for n in range(keys)] * repeats
    random.Random(seed).shuffle(calls)  # noqa: S311 - an order, not a secret
    answers = defaultdict(set)
    with (
        assembled(Path(place["folder"]), place["url"], place["vendor"]) as desk,
        ThreadPoolExecutor(threads) as pool,
    ):
        for run in pool.map(partial(_asked, desk, place["agent"]), calls):
            answers[run.key].add((run.id, str(run.state)))
    told = {key: sorted(found) for key, found in answers.items()}
    Path(place["folder"], f"{seed}.json").write_text(json.dumps(told))


def _asked(desk, agent, key):
    """The run, as a patient program gets it: who is told to wait comes again."""
    note = {"about": "deals", "about_id": "1", "text": key}
    while True:
        try:
            return desk.actions.run(OPERATOR, agent, "pulse", "add_note", note, key=key)
        except Refusal as refused:
            if refused.code != "actions.in_progress":
                raise
