"""A record as the agent sees it, through the mapping."""

import streamlit as st

from dashboard.mapping import apply
from dashboard.queries.overview import Link
from dashboard.queries.records import RecordRow
from dashboard.ui import mapping_tools
from dashboard.ui.session import desk, say
from dashboard.ui.wording import gray


def draw(link: Link, stream: str, row: RecordRow) -> None:
    """The mapped values, or that there is no mapping yet."""
    rows = desk().mappings.current(link.id, stream)
    if not rows:
        st.markdown(gray(say("recordspage.no_mapping")))
        return
    mapping_tools.result(apply.from_vendor(rows, row.fields.get("vendor_fields") or {}))
