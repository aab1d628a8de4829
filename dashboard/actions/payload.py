"""What a person may see of a request: everything, but for what looks like a secret."""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "••••"
_SECRET = re.compile(
    r"(^|_)(password|passwd|passphrase|pin|secret|token|api_?key|private_?key|authorization|"
    r"credentials?|cvc|cvv|card_?number)(_|$)",
    re.IGNORECASE,
)


def masked(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with the values of secret-looking names hidden, however deep they lie."""
    return {name: _shown(str(name), value) for name, value in arguments.items()}


def _shown(name: str, value: Any) -> Any:
    if _SECRET.search(name) and value not in (None, ""):
        return HIDDEN
    if isinstance(value, Mapping):
        return masked(value)
    if isinstance(value, list):
        return [_shown("", one) for one in value]
    return value
