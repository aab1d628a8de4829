"""kill -9 at any moment: what was acknowledged takes effect, once.

Every other kill comes in the very moment of an answer, when what was acknowledged but is not kept
would be lost; the others come a random while later, in the middle of the work on it.
"""

import os
import random
import time

import pytest

from tests.inbound.stage import Senders
from tests.pulse import fixtures

# The promise is tried with more by INBOUND_KILLS=10 INBOUND_EVENTS=5000.
KILLS = int(os.environ.get("INBOUND_KILLS", "2"))
EVENTS = int(os.environ.get("INBOUND_EVENTS", "200"))


@fixtures.on_both
@pytest.mark.timeout(120 + 60 * KILLS)
def test_every_acknowledged_event_takes_effect_exactly_once(stage, until):
    marks = {turn * EVENTS // (KILLS + 2): turn for turn in range(1, KILLS + 1)}

    def heard(count):
        if count not in marks:
            return
        if marks[count] % 2 == 0:
            time.sleep(random.uniform(0, 0.5))  # noqa: S311 - no secret
        stage.kill()

    stage.start()
    senders = Senders(stage, EVENTS, heard)
    for _ in marks:
        assert until(stage.is_dead, 60)
        stage.start()
    senders.join()

    once = dict.fromkeys(range(1, EVENTS + 1), 1)
    assert senders.acknowledged == set(once)
    assert stage.event_ids() == once
    assert until(lambda: stage.events() == {"done": EVENTS}, 90), stage.events()
    assert until(lambda: stage.told() == once, 60), len(stage.told())
    assert stage.messages() == once
