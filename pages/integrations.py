"""Integrations: what this agent is connected to, and the way to connect it."""

import streamlit as st

from dashboard.ui import cards, chooser, connection, dialogs, disconnect, frame, session, setup
from dashboard.ui.session import say

# Everything is asked before anything is drawn: what is sent in one go, the browser draws at once.
dialogs.follow_link()
offer = chooser.settle()
agent_id = offer.chosen
overview = session.desk().queries.overview
everything = overview.cards(agent_id) if agent_id and not dialogs.configured() else []

frame.title("integrations")
if not agent_id:
    frame.no_agents()
    st.stop()
if offer.many:
    chooser.draw(offer)
with frame.toolbar():
    if not offer.many:
        chooser.draw(offer)
    wish = cards.filters() if everything else cards.Wish()
if dialogs.configured():
    connection.draw(agent_id, dialogs.configured())
else:
    shown = cards.narrowed(everything, wish)
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
