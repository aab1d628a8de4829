"""Amounts as Stripe counts them (docs.stripe.com/currencies, read 2026-11-23)."""

from decimal import Decimal

from dashboard.contracts.errors import Rejected

WHOLE = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"}
    | {"pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
THOUSANDTHS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
# These have no smaller unit any more, but the API still counts them in hundredths.
HUNDREDTHS_OF_WHOLE = frozenset({"isk", "ugx"})


def minor(amount: Decimal, currency: str) -> int:
    """The integer Stripe takes for an amount in major units.

    Raises:
        Rejected: `amount_precision`: the currency has no unit that small.
    """
    code = currency.lower()
    units = amount.scaleb(_places(code))
    step = 10 if code in THOUSANDTHS else 100 if code in HUNDREDTHS_OF_WHOLE else 1
    if units % step:
        raise Rejected(code="amount_precision", field="amount")
    return int(units)


def major(units: int, currency: str) -> Decimal:
    """An amount of the API in major units."""
    return Decimal(units).scaleb(-_places(currency.lower()))


def _places(code: str) -> int:
    return 0 if code in WHOLE else 3 if code in THOUSANDTHS else 2
