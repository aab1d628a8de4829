"""Webhooks: what came in, what went out, and what waits for a person."""

import streamlit as st

from dashboard.ui import frame, session, traffic

frame.title("webhooks")
agent_id = session.choose_agent()
if not agent_id:
    frame.no_agents()
    st.stop()
traffic.draw(agent_id)
