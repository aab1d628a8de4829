"""Integrations: what this agent is connected to, and the way to connect it."""

import streamlit as st

from dashboard.ui import cards, connection, dialogs, disconnect, frame, session, setup
from dashboard.ui.session import say

frame.title("integrations")
dialogs.follow_link()
agent_id = session.choose_agent()
if not agent_id:
    frame.no_agents()
    st.stop()
if dialogs.configured():
    connection.draw(agent_id, dialogs.configured())
else:
    everything = session.desk().queries.overview.cards(agent_id)
    shown = cards.narrowed(everything, *cards.filters())
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
