"""What a connection test tried, line by line."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.connections.check import advice
from dashboard.contracts.accounts import Check
from dashboard.ui import wording
from dashboard.ui.session import say
from dashboard.ui.wording import gray, plain, said

SECTIONS = {"stream": "streams", "fields": "streams", "action": "actions", "setting": "fields"}


def draw(provider: str, checks: Sequence[Check]) -> None:
    """Each check with a tick or a cross and what it found."""
    lines = [_line(provider, check) for check in checks]
    if lines:
        st.markdown("  \n".join(lines))


def stored(provider: str, checks: Sequence[Mapping[str, Any]]) -> None:
    """The same, from what was kept of the last test."""
    draw(
        provider,
        [
            Check(name=str(c["name"]), ok=bool(c["ok"]), detail=str(c.get("detail") or ""))
            for c in checks
        ],
    )


def _line(provider: str, check: Check) -> str:
    mark = ":green[:material/check_circle:]" if check.ok else ":red[:material/cancel:]"
    verdict = say("common.passed" if check.ok else "common.failed")
    title, detail = name(provider, check.name), _detail(provider, check)
    told = f"{verdict} · {detail}" if detail else verdict
    line = f"{mark} **{title}** {gray(told)}"
    if check.ok or not wording.known(advice(check)):
        return line
    return f"{line}  \n  {gray(say(advice(check), name=title, detail=detail))}"


def _detail(provider: str, check: Check) -> str:
    """A detail may be a text key of the provider's errors, names, or words as they are."""
    if check.name == "scopes":
        return ", ".join(f"`{one.rsplit('/', 1)[-1]}`" for one in check.detail.split(", ") if one)
    if check.detail and wording.has_said(provider, "errors", check.detail):
        return wording.problem(check.detail, provider)
    return plain(check.detail)


def name(provider: str, check: str) -> str:
    """What a check tried, in words."""
    if wording.has_said(provider, "checks", check):
        return said(provider, "checks", check)
    kind, _, subject = check.partition(".")
    section = SECTIONS.get(kind, "")
    if subject and section and wording.has_said(provider, "checks", kind):
        return said(provider, "checks", kind, what=said(provider, section, subject))
    return said(provider, "checks", check)
