"""Whether the installation itself is well: its public address, its key, its workers."""

import ipaddress
from urllib.parse import urlsplit

import streamlit as st

from dashboard.kit.post import post
from dashboard.ui import frame, guard
from dashboard.ui.session import desk, say
from dashboard.ui.wording import gray
from dashboard.vault import keys


def is_private() -> bool:
    """Whether vendors on the internet cannot reach the public address, judging by its name."""
    url = urlsplit(desk().settings.public_url)
    host = url.hostname or ""
    if host == "localhost" or host.endswith((".local", ".internal", ".lan")):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def address() -> None:
    """The address that browsers and vendors use, and what is wrong with it."""
    frame.section(say("settingspage.public_url"), say("settingspage.public_url_text"))
    url = desk().settings.public_url
    st.code(url, language=None, wrap_lines=True)
    _line(url.startswith("https://"), "https_yes", "https_no")
    _line(not is_private(), "public_yes", "public_no")
    if st.button(say("settingspage.check_address"), key="check.address"):
        answer = post(f"{url}/healthz", b"", {}, method="GET", timeout_seconds=5)
        _line(answer.status == 200, "door_yes", "door_no")
    here = str(st.context.url or "")
    if here.startswith("http"):
        _line(here.startswith(url), "same_yes", "same_no")


def key() -> None:
    """The key that seals secrets, by its fingerprint."""
    frame.section(say("settingspage.key"), say("settingspage.key_text"))
    with guard.explained():
        st.code(keys.load(desk().settings).fingerprint, language=None)
    from_env = bool(desk().settings.key.get_secret_value())
    st.markdown(
        gray(say("settingspage.key_from_env" if from_env else "settingspage.key_from_file"))
    )


def workers() -> None:
    """What waits, and which processes work."""
    frame.section(say("settingspage.work"), say("settingspage.work_text"))
    stats = desk().jobs.stats()
    board = st.grid("auto", min_column_width=150, border=True, gap="small")
    for name in ("queued", "running", "delayed"):
        board.metric(say(f"settingspage.jobs_{name}"), getattr(stats, name))
    board.metric(say("settingspage.executors"), len(stats.executors))


def _line(good: bool, yes: str, no: str) -> None:  # noqa: FBT001 - which of two sentences
    if good:
        st.markdown(f":green[:material/check_circle:] {say(f'settingspage.{yes}')}")
    else:
        st.markdown(f":orange[:material/warning:] {say(f'settingspage.{no}')}")
