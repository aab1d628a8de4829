"""kill -9 at any moment: what was acknowledged takes effect, once."""

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
    stage.start()
    senders = Senders(stage, EVENTS)
    for turn in range(1, KILLS + 1):
        # A random moment after some were acknowledged; then the next life begins.
        assert until(lambda: len(senders.acknowledged) > turn * EVENTS / (KILLS + 2), 60)  # noqa: B023
        time.sleep(random.uniform(0, 0.5))  # noqa: S311 - no secret
        stage.kill()
        stage.start()
    senders.join()

    once = dict.fromkeys(range(1, EVENTS + 1), 1)
    assert senders.acknowledged == set(once)
    assert stage.event_ids() == once
    assert until(lambda: stage.events() == {"done": EVENTS}, 90), stage.events()
    assert until(lambda: stage.told() == once, 60), len(stage.told())
    assert stage.messages() == once
