"""kill -9 in the moment of an answer: what was acknowledged takes effect, once."""

import os

import pytest

from tests.inbound.stage import Senders
from tests.pulse import fixtures

# The promise is tried with more by INBOUND_KILLS=10 INBOUND_EVENTS=5000.
KILLS = int(os.environ.get("INBOUND_KILLS", "2"))
EVENTS = int(os.environ.get("INBOUND_EVENTS", "200"))


@fixtures.on_both
@pytest.mark.timeout(120 + 60 * KILLS)
def test_every_acknowledged_event_takes_effect_exactly_once(stage, until):
    marks = [turn * EVENTS // (KILLS + 2) for turn in range(1, KILLS + 1)]
    stage.start()
    # In the very moment of an answer: what was acknowledged but not yet kept would be lost.
    senders = Senders(stage, EVENTS, heard=lambda count: stage.kill() if count in marks else None)
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
