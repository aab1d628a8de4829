"""Integrations: what this agent is connected to, and the way to connect it."""

import streamlit as st

from dashboard.ui import cards, connection, dialogs, disconnect, frame, session, setup
from dashboard.ui.session import say

frame.title("integrations")
dialogs.follow_link()
with frame.toolbar():
    agent_id = session.choose_agent()
    text, status = ("", "") if dialogs.configured() or not agent_id else cards.search()
if not agent_id:
    frame.no_agents()
    st.stop()
if dialogs.configured():
    connection.draw(agent_id, dialogs.configured())
else:
    everything = session.desk().queries.overview.cards(agent_id)
    shown = cards.narrowed(everything, text, status, cards.categories())
    cards.summary(everything)
    cards.grid(shown)
    if not shown:
        frame.empty(
            ":material/search_off:",
            say("integrations.nothing_title"),
            say("integrations.nothing_text"),
        )
setup.draw(agent_id)
disconnect.draw(agent_id)
