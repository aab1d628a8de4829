"""The desk as one ASGI app; works with `streamlit run` and with uvicorn."""

from pathlib import Path

import streamlit as st

from dashboard.app import desk, lifespan, middleware, routes

app = st.App(
    Path(__file__).absolute().parent / "dashboard/ui/navigation.py",
    routes=routes(desk()),
    middleware=middleware(desk()),
    lifespan=lifespan(desk()),
)
