"""A record as the agent sees it, through the mapping."""

import streamlit as st

from dashboard.queries.overview import Link
from dashboard.queries.records import RecordRow
from dashboard.ui import mapping_table, mapping_tools
from dashboard.ui.session import desk, say
from dashboard.ui.wording import gray


def draw(link: Link, stream: str, row: RecordRow) -> None:
    """The mapped values, or that there is no mapping yet."""
    if not desk().mappings.current(link.id, stream):
        st.markdown(gray(say("recordspage.no_mapping")))
        return
    vendor = row.fields.get("vendor_fields") or {}
    why_not = say("mappingpage.preview_unlearned")
    names = mapping_tools.our_names(mapping_table.agent_fields(link.id))
    mapping_tools.result(desk().mappings.from_vendor(link.id, stream, vendor), names, why_not)
