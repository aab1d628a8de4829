"""Field mapping: which field of the agent is which field of the CRM."""

import streamlit as st

from dashboard.ui import frame, mapping_page, session

frame.title("mappingpage")
agent_id = session.choose_agent()
if not agent_id:
    frame.no_agents()
    st.stop()
mapping_page.draw(agent_id)
