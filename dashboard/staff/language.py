"""Which of the desk's languages a person reads."""

from dashboard.texts import LANGUAGES

COOKIE = "desk_language"
DEFAULT = "ru"


def preferred(accept: str, chosen: str = "") -> str:
    """The language chosen before, else the first one of Accept-Language that we speak.

    Args:
        chosen: From the cookie or the account; anything unknown is passed over.
    """
    if chosen in LANGUAGES:
        return chosen
    return next((tag for tag in _by_weight(accept) if tag in LANGUAGES), DEFAULT)


def _by_weight(accept: str) -> list[str]:
    weighed = []
    for part in accept.lower().split(","):
        tag, _, weight = part.partition(";q=")
        weighed.append((-_number(weight), tag.strip().split("-")[0]))
    return [tag for _, tag in sorted(weighed, key=lambda pair: pair[0])]


def _number(weight: str) -> float:
    digits = weight.strip()
    return float(digits) if digits.replace(".", "", 1).isdigit() else 1.0
