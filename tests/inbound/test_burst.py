"""A burst is taken, and then worked through to its end: everything once, in its order."""

import os
from itertools import chain

import pytest

from dashboard.vault import keys
from dashboard.vault.vault import Vault
from tests.inbound import burst
from tests.pulse import fixtures

# The promise's own number is tried by BURST=10000.
BURST = int(os.environ.get("BURST", "192"))
PATIENCE_SECONDS = 60 + BURST / 10


@fixtures.on_both
@pytest.mark.timeout(120 + 2 * PATIENCE_SECONDS)
def test_a_burst_is_processed_once_and_in_order_to_its_last_event(stage, until):
    ears = burst.furnish(stage, Vault(keys.load(stage.settings)))
    stage.start()
    fired = burst.fire(stage, ears, BURST)
    ended = until(lambda: not burst.unprocessed(stage), PATIENCE_SECONDS)
    until(lambda: burst.deliveries(stage) >= BURST / 2, PATIENCE_SECONDS)
    sent = [list(chain.from_iterable(burst.numbers(ears, ear, BURST))) for ear in ears]
    heard = [burst.heard(stage, ear) for ear in ears]
    orders = [[number for number, _, _ in came] for came in heard]

    assert fired.statuses == {200: BURST}
    assert ended, burst.unprocessed(stage)
    assert [sorted(order) for order in orders] == [sorted(mine) for mine in sent]
    assert {state for came in heard for _, state, _ in came} == {"done"}
    assert [burst.recorded(stage, ear) for ear in ears] == [sorted(mine) for mine in sent]
    # As its events came, so were they processed, and so is it told.
    assert all(came == sorted(came, key=lambda one: one[2]) for came in heard)
    assert [burst.told(stage, ear) for ear in ears[1::2]] == orders[1::2]
    for ear, order in zip(ears, orders, strict=True):
        for mine in burst.numbers(ears, ear, BURST):
            assert [number for number in order if number in set(mine)] == mine
