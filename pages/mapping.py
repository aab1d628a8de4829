"""Field mapping: which field of the agent is which field of the CRM."""

import streamlit as st

from dashboard.ui import chooser, frame, mapping_page

frame.title("mappingpage")
agent_id = chooser.choose()
if not agent_id:
    frame.no_agents()
    st.stop()
mapping_page.draw(agent_id)
