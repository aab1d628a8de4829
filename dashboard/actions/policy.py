"""May this agent do this now? Rules of staff, decided before anything is called."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from dashboard.contracts.errors import Refusal
from dashboard.store.actions import ActionRule


class Decision(StrEnum):
    """What happens with a request."""

    ALLOWED = "allowed"
    APPROVAL = "approval"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Verdict:
    """A decision and the text key of its reason."""

    decision: Decision
    code: str = ""


def decide(rule: ActionRule | None, runs_today: int, amount: Decimal | None) -> Verdict:
    """The verdict on one request; without a rule everything is allowed.

    Args:
        runs_today: Earlier runs of this action since midnight UTC.
        amount: Of money the request moves; None when it names none.
    """
    if rule is None:
        return Verdict(Decision.ALLOWED)
    if rule.decision == Decision.FORBIDDEN:
        return Verdict(Decision.FORBIDDEN, "actions.forbidden")
    if rule.daily_limit and runs_today >= rule.daily_limit:
        return Verdict(Decision.FORBIDDEN, "actions.daily_limit")
    if rule.decision == Decision.APPROVAL:
        return Verdict(Decision.APPROVAL, "actions.needs_approval")
    if rule.amount_limit and _exceeds(amount, Decimal(rule.amount_limit)):
        return Verdict(Decision.APPROVAL, "actions.amount_limit")
    return Verdict(Decision.ALLOWED)


def _exceeds(amount: Decimal | None, limit: Decimal) -> bool:
    """A request that names no amount (refund all of it) may be of any size."""
    return amount is None or amount > limit


def check(rule: ActionRule) -> None:
    """Pass a rule that can be followed.

    Raises:
        Refusal: `actions.bad_rule`, naming the member that is wrong.
    """
    if rule.decision not in list(Decision):
        raise Refusal("actions.bad_rule", field="decision")
    if rule.daily_limit < 0:
        raise Refusal("actions.bad_rule", field="daily_limit")
    try:
        limit = Decimal(rule.amount_limit or 0)
    except InvalidOperation:
        raise Refusal("actions.bad_rule", field="amount_limit") from None
    if not limit.is_finite() or limit < 0:
        raise Refusal("actions.bad_rule", field="amount_limit")
