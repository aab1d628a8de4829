"""Whole numbers that come as text from outside."""

MOST_DIGITS = 18  # fits every database


def number(text: str, most: int = MOST_DIGITS) -> int | None:
    """What ASCII digits say; None for any other text, and for more than `most` of them.

    `str.isdigit` takes "²" too, which `int` does not, and `int` gives up at 4,300 digits.
    """
    return int(text) if len(text) <= most and text.isascii() and text.isdigit() else None
