"""Streamlit's entry script: who is here, which language, which pages."""

from pathlib import Path

import streamlit as st

from dashboard.contracts.people import Role
from dashboard.ui import session
from dashboard.ui.session import say

PAGES = Path(__file__).parents[2] / "pages"
MENU = (
    ("integrations", ":material/hub:", Role.VIEWER),
    ("mapping", ":material/compare_arrows:", Role.VIEWER),
    ("sync", ":material/sync:", Role.VIEWER),
    ("records", ":material/handshake:", Role.VIEWER),
    ("webhooks", ":material/webhook:", Role.VIEWER),
    ("approvals", ":material/approval:", Role.VIEWER),
    ("journal", ":material/history:", Role.VIEWER),
    ("agents", ":material/smart_toy:", Role.VIEWER),
    ("settings", ":material/settings:", Role.ADMIN),
)


def page(name: str, icon: str) -> st.Page:
    """One entry of the menu; its address does not change with the language."""
    waiting = session.desk().queries.overview.count_undecided() if name == "approvals" else 0
    title = say(f"menu.{name}")
    return st.Page(
        PAGES / f"{name}.py",
        title=f"{title} · {waiting}" if waiting else title,
        icon=icon,
        url_path=name,
        default=name == "integrations",
    )


st.set_page_config(page_title=say("menu.title"), page_icon="🔌", layout="wide")
session.enter()
pages = [page(name, icon) for name, icon, role in MENU if session.allowed(role)]
chosen = st.navigation(pages, position="top")
chosen.run()
