"""The least that five cards with a menu can cost in Streamlit, served as the desk is."""

from pathlib import Path

import streamlit as st

app = st.App(Path(__file__).absolute().parent / "floor_page.py")
