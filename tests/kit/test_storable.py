"""What no database keeps is replaced; everything else is left exactly as it is."""

import json

import pytest

from dashboard.kit import storable

HALF = "\ud83d"


@pytest.mark.parametrize("kept", ["", "Привет 😀", "a\tb\n", "\u2028", "�"])
def test_ordinary_text_is_left_alone(kept):
    assert storable.is_text(kept)
    assert storable.text(kept) == kept


@pytest.mark.parametrize(("odd", "left"), [("a\0b", "ab"), (f"a{HALF}b", "a?b"), ("\udfff", "?")])
def test_what_cannot_be_stored_is_replaced(odd, left):
    assert not storable.is_text(odd)
    assert storable.text(odd) == left


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"a": ["Привет", 1, 2.5, None, True, {"b": 10**30}]}, None),
        ({"a\0": [f"{HALF}!", "\0"]}, {"a": ["?!", ""]}),
        ({"n": float("nan"), "i": [float("-inf")]}, {"n": None, "i": [None]}),
        ({"n": float("nan"), "text": "\0"}, {"n": None, "text": ""}),
    ],
)
def test_a_packed_value_is_read_back_without_what_is_odd(value, left):
    written = storable.packed(value)

    assert json.loads(written) == (value if left is None else left)
    assert written.encode()


@pytest.mark.parametrize("depth", [70, 300, 900])
def test_a_nesting_nobody_reads_back_is_cut(depth):
    value = json.loads('{"a":' * depth + "1" + "}" * depth)
    back = json.loads(storable.packed(value) if depth > 255 else json.dumps(storable.clean(value)))
    deep = 0
    while back:
        back, deep = back["a"], deep + 1

    assert deep == storable.DEEPEST
