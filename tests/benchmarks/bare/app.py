"""The yardstick of the page benchmark: one line of Streamlit, served as the desk is."""

from pathlib import Path

import streamlit as st

app = st.App(Path(__file__).absolute().parent / "page.py")
