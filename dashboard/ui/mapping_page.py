"""The mapping workbench on a page of its own, with room for the table."""

import streamlit as st

from dashboard import registry
from dashboard.queries.overview import Badge, Link
from dashboard.ui import frame, mapping_table
from dashboard.ui.session import desk, say
from dashboard.ui.wording import said, spoken


def draw(agent_id: str) -> None:
    """Choose a connection and a stream; the workbench does the rest."""
    links = _links(agent_id)
    if not links:
        frame.empty(
            ":material/compare_arrows:", say("mappingpage.empty"), say("mappingpage.empty_text")
        )
        return
    frame.readable()
    with st.container(horizontal=True):
        provider = st.selectbox(
            say("mappingpage.integration"),
            list(links),
            key="mapping.provider",
            format_func=lambda one: registry.manifest(one).name,
            width=260,
        )
        streams = mapping_table.streams(provider)
        stream = st.segmented_control(
            say("mappingpage.stream"),
            streams,
            default=streams[0],
            required=True,
            key=f"mapping.page.{provider}",
            format_func=spoken(streams, lambda one: said(provider, "streams", one)),
        )
    mapping_table.workbench(links[provider], stream or streams[0])


def _links(agent_id: str) -> dict[str, Link]:
    """Connections whose fields can be mapped, by provider."""
    hidden = (Badge.NOT_CONNECTED, Badge.UNFINISHED)
    return {
        card.provider: card.link
        for card in desk().queries.overview.cards(agent_id)
        if card.link and card.badge not in hidden and mapping_table.streams(card.provider)
    }
