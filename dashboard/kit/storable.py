"""What every database keeps and every reader of JSON takes; the rest is replaced."""

import json
import math
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

# Deeper nesting cannot be read back by all who read: some give up at 255.
DEEPEST = 64


def is_text(value: str) -> bool:
    """True for text without NUL and without halves of surrogate pairs."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def text(value: str) -> str:
    """The text without NUL, with "?" for each half of a character."""
    return value if is_text(value) else value.replace("\0", "").encode(errors="replace").decode()


def clean(value: Any) -> Any:
    """JSON with everything replaced that cannot be stored or read back."""
    return _storable(value, DEEPEST)


def packed(value: Mapping[str, Any]) -> str:
    """The value as JSON that every database takes; almost always it is left as it is."""
    try:
        written = to_json(value, inf_nan_mode="null")
    except ValueError:
        written = b"\\u0000"
    if b"\\u0000" in written:
        # A NUL, half a character, or a nesting too deep to be written.
        return json.dumps(clean(value), ensure_ascii=False)
    return written.decode()


def _storable(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {text(k): _storable(v, depth - 1) for k, v in value.items()} if depth else None
    if isinstance(value, (list, tuple)):
        return [_storable(one, depth - 1) for one in value] if depth else None
    return None if isinstance(value, float) and not math.isfinite(value) else value
