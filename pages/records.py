"""Deals and contacts: what was read from the connected CRM, and from the other services."""

import streamlit as st

from dashboard.ui import chooser, frame, record_list

frame.title("recordspage")
agent_id = chooser.choose()
if not agent_id:
    frame.no_agents()
    st.stop()
cards = record_list.sources(agent_id)
record_list.crm_missing(cards)
chosen = record_list.choose(cards)
if chosen:
    record_list.table(*chosen)
