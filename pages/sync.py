"""Sync status: how far each stream has come, and what past runs did."""

import streamlit as st

from dashboard.ui import chooser, engine, frame, sync_history, sync_status

frame.title("syncpage")
agent_id = chooser.choose()
if not agent_id:
    frame.no_agents()
    st.stop()
engine.strip()
sync_status.draw(agent_id)
sync_history.draw(agent_id)
