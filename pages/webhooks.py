"""Webhooks: what came in, what went out, and what waits for a person."""

import streamlit as st

from dashboard.ui import chooser, frame, traffic

frame.title("webhooks")
agent_id = chooser.choose()
if not agent_id:
    frame.no_agents()
    st.stop()
traffic.draw(agent_id)
