"""Whatever a vendor or the network does, a provider says the right one of the eight words.

Which word is right depends on the fault and on what a lost answer means (`Fault.allowed`); what
each vendor means by its own error texts is in tests/providers.
"""

from datetime import UTC, datetime

import pytest

from dashboard import registry
from dashboard.api.problems import vendor_sentence
from dashboard.contracts.errors import ProviderError, Unavailable
from dashboard.texts import LANGUAGES
from tests.contract.faults import FAULTS, GOOD_STATUS, Fault
from tests.contract.operations import (
    Ending,
    Operation,
    broken,
    fresh,
    is_html,
    kind_at,
    operations,
    places,
    ready,
    requests,
)

ALL = [operation for provider in registry.ids() for operation in operations(provider)]
each_operation = pytest.mark.parametrize("operation", ALL, ids=str)
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
UNREACHABLE = next(fault for fault in FAULTS if fault.name == "connect-timeout")
LONGEST_SENTENCE = 260
MOMENT = datetime.now(UTC)


@pytest.fixture(autouse=True)
def one_moment(time_machine):
    """The clock stands still, so that reading the same thing again asks the same questions."""
    time_machine.move_to(MOMENT, tick=False)


def endings(operation: Operation, fault: Fault) -> list[Ending]:
    return [broken(operation, fault, place) for place in places(operation)]


def is_right(operation: Operation, fault: Fault, ending: Ending) -> bool:
    """Whether it ended as it should."""
    if ending.error is None:
        unread = fault.name in GOOD_STATUS and (operation.free or ending.method != "GET")
        return fault.fine or unread or fault.name in operation.ends_well
    return isinstance(ending.error, fault.allowed(kind_at(operation, ending)))


@each_fault
@each_operation
def test_a_fault_has_the_right_word_and_a_sentence_for_people(operation, fault):
    found = endings(operation, fault)
    errors = [e.error for e in found if isinstance(e.error, ProviderError)]

    assert [e for e in found if not is_right(operation, fault, e)] == []
    shown = [text for error in errors for text in sentences(operation.provider, error)]
    assert [text for text in shown if not is_readable(text)] == []
    reasons = [error.reason for error in errors]
    assert [reason for reason in reasons if is_html(reason) or len(reason) > 200] == []


@each_operation
def test_it_works_again_when_the_fault_is_gone(operation):
    met = [broken(operation, UNREACHABLE, place) for place in places(operation)]

    assert all(isinstance(ending.error, Unavailable) for ending in met)
    operation.run(fresh(operation.provider))
    assert len(ready(operation.provider).network.sent) == len(requests(operation))


def sentences(provider: str, error: ProviderError) -> list[str]:
    return [vendor_sentence(provider, language, error.code, error.word()) for language in LANGUAGES]


def is_readable(text: str) -> bool:
    """Two statements at least: what happened, and who must act or what comes next."""
    statements = [part for part in text.replace(":", ".").split(".") if part.strip()]
    return len(statements) >= 2 and len(text) <= LONGEST_SENTENCE and not is_html(text)
