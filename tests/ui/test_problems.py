"""Every failure that can reach a page says what happened, who must act and how."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from dashboard import texts
from dashboard.contracts.errors import WORDS, RateLimited
from dashboard.ui import wording

ROOT = Path(__file__).parents[2] / "dashboard"
# Rooms of the command line, whose words no page shows.
ELSEWHERE = {"backup", "cli", "transfer"}
AREAS = {
    "actionform",
    "actions",
    "agents",
    "api",
    "connections",
    "egress",
    "inbound",
    "mapping",
    "mappingpage",
    "oauth",
    "outbound",
    "people",
    "sandbox",
    "staff",
    "sync",
    "vault",
}
# Said by a sentence of its own, not after a failure.
NO_FAILURE = re.compile(r"api\.(docs_\w+|invalid_json)")


def _codes():
    """Keys that the core names but does not say on the spot: they travel as codes."""
    for path in ROOT.rglob("*.py"):
        if path.relative_to(ROOT).parts[0] in ELSEWHERE:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = {id(one) for call in ast.walk(tree) if _says(call) for one in call.args}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in said and _is_code(node.value):
                yield node.value


def _says(node):
    return isinstance(node, ast.Call) and "say" in (
        getattr(node.func, "id", ""),
        getattr(node.func, "attr", ""),
    )


def _is_code(value):
    return (
        isinstance(value, str)
        and value.partition(".")[0] in AREAS
        and texts.has(value)
        and not NO_FAILURE.fullmatch(value)
    )


@cache
def codes():
    """Every code there is; the mapping's own are put together of parts."""
    mapping = (
        f"mapping.{name}"
        for name in texts.area_words("en", "mapping")
        if not name.startswith("field.") and not name.endswith(".fix")
    )
    return sorted({*_codes(), *mapping})


def _whole(language, code):
    values = dict.fromkeys(texts.parts(language, code), "x")
    return texts.problem(language, code, **(values | {"count": 3}))


def test_the_core_has_many_codes():
    assert len(codes()) > 120
    assert {"connections.not_found", "egress.private", "mapping.bad_phone"} <= {*codes()}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_code_says_what_happened_and_how_to_go_on(language):
    short = [
        code for code in codes() if len(re.findall(r"[.!?…](?:\s|$)", _whole(language, code))) < 2
    ]

    assert short == []


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("word", [error.word() for error in WORDS])
def test_each_of_the_eight_words_has_its_fix(language, word):
    fix = texts.say(language, f"shared.errors.{word}.fix")

    assert texts.problem(language, f"shared.errors.{word}").endswith(fix)


@pytest.fixture(params=texts.LANGUAGES)
def reader(request, monkeypatch):
    """The language of who reads."""
    monkeypatch.setattr(wording, "language", lambda: request.param)
    return request.param


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("connections.not_found", "connections.not_found"),
        ("unavailable", "shared.errors.unavailable"),
    ],
)
def test_a_core_code_is_shown_with_its_fix(reader, code, key):
    assert texts.say(reader, f"{key}.fix") in wording.problem(code)


@pytest.mark.usefixtures("reader")
def test_a_code_kept_without_its_values_shows_no_raw_part():
    shown = wording.problem("egress.private")

    assert "…" in shown
    assert not set("{}") & set(shown)


def test_a_pause_is_told_in_the_readers_language(reader):
    kept = texts.coded("actions.retry_after", seconds=30)

    assert wording.reason(kept) == texts.say(reader, "actions.retry_after", seconds=30)
    assert texts.told(reader, kept) == wording.reason(kept)
    assert texts.told(reader, "Card declined") == "Card declined"


def test_a_run_that_was_slowed_down_keeps_a_code_and_no_sentence():
    from dashboard.actions.outcomes import of_first_call

    kept = of_first_call(None, RateLimited(retry_after=29.2), True).reason

    assert texts.decoded(kept) == ("actions.retry_after", {"seconds": "30"})
