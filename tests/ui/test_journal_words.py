"""Details of journal entries: words instead of keys, for every room that writes them."""

import ast
from pathlib import Path

import pytest

from dashboard import clock, texts
from dashboard.queries.journal import Entry
from dashboard.ui import journal_words, session, wording

ROOT = Path(__file__).parents[2] / "dashboard"


@pytest.fixture(autouse=True)
def in_english(monkeypatch):
    """A person who reads English."""
    monkeypatch.setattr(session, "language", lambda: "en")
    monkeypatch.setattr(wording, "language", lambda: "en")


@pytest.fixture
def entry():
    def made(action, provider="kommo", **detail):
        return Entry(
            seq=1,
            at=clock.now(),
            actor_kind="system",
            actor_id="",
            actor_name="system",
            action=action,
            agent_id="",
            connection_id="",
            provider=provider,
            outcome="ok",
            detail=detail,
            vendor_request_id="",
            hash="",
        )

    return made


@pytest.mark.parametrize(
    ("action", "detail", "told"),
    [
        ("mapping.saved", {"stream": "contacts", "version": 1}, "Records: Contacts; Version: 1"),
        ("connection.begun", {"environment": "sandbox"}, "Environment: Sandbox"),
        ("connection.tested", {"failed": ["stream.deals"]}, "Failed checks: Reading: Deals"),
        (
            "sync.finished",
            {"state": "succeeded", "reason": "first"},
            "State: Succeeded; Reason: First sync",
        ),
        ("connection.subscribed", {"events": ["deal.created"]}, "Events: A deal was created"),
        ("sandbox.fault", {"name": "rate_limit"}, "Name: Ask to slow down"),
        (
            "connection.disconnected",
            {"revoked": True, "kept": {"events": 2}},
            "Access withdrawn: Yes; Records kept: events 2",
        ),
        ("staff.joined", {"role": "admin"}, "Role: Administrator"),
    ],
)
def test_details_are_told_in_words(entry, action, detail, told):
    assert journal_words.told(entry(action, **detail)) == told


def _keys():
    """Names of details as the rooms write them."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.keywords if isinstance(node, ast.Call) else []
            for word in targets:
                if word.arg == "detail" and isinstance(word.value, ast.Dict) and _writes(node):
                    yield from (k.value for k in word.value.keys if isinstance(k, ast.Constant))


def _writes(call):
    return getattr(call.func, "attr", "") in ("write", "journal")


def test_a_long_list_ends_in_a_number_in_the_table_and_is_whole_in_the_row(entry):
    one = entry("hook.registered", events=["deal.created"] * 6)

    assert journal_words.told(one).endswith("and 3 more")
    assert journal_words.told(one).count("A deal was created") == 3
    assert next(iter(journal_words.facts(one).values())).count("A deal was created") == 6


def test_every_detail_that_is_written_has_a_name():
    keys = set(_keys())

    assert len(keys) > 10
    assert [key for key in keys if not texts.has(f"journal.detail.{key}")] == []


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("oauth.expired", texts.say("en", "oauth.expired")),
        ("Phone is taken", "The service said: Phone is taken"),
        ("../../etc/x.y", r"The service said: \.\./\.\./etc/x\.y"),
    ],
)
def test_only_the_vendors_own_words_are_quoted(told, shown):
    assert wording.reason(told) == shown
