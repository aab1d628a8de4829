"""One line."""

import streamlit as st

st.title("Integrations")
