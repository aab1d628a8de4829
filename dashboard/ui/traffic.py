"""Both directions of webhooks, and how many wait for a person."""

import streamlit as st

from dashboard import registry
from dashboard.queries.listed import Count
from dashboard.queries.overview import Link
from dashboard.ui import frame, inbound_list, outbound_list, traffic_parts
from dashboard.ui.session import desk, say
from dashboard.ui.wording import number, spoken


def draw(agent_id: str) -> None:
    """Counts, filters, and a tab for each direction."""
    links = {link.id: link for link in desk().queries.traffic.connections(agent_id)}
    if not links:
        frame.empty(":material/webhook:", say("webhooks.empty"), say("webhooks.empty_text"))
        return
    _metrics(desk().queries.traffic.counts(list(links)))
    chosen = _narrowed(links)
    inbound, outbound = frame.tabs(
        [
            f":material/call_received: {say('webhooks.inbound')}",
            f":material/call_made: {say('webhooks.outbound')}",
        ]
    )
    with inbound:
        inbound_list.draw(chosen)
    with outbound:
        outbound_list.draw(chosen)


def _metrics(counts: dict[str, Count]) -> None:
    board = st.grid("auto", min_column_width=150, border=True, gap="small")
    for name, count in counts.items():
        shown = number(count.number)
        more = say("webhooks.count_more", number=shown)
        board.metric(say(f"webhooks.count.{name}"), more if count.more else shown)


def _narrowed(links: dict[str, Link]) -> dict[str, Link]:
    providers = sorted({link.provider for link in links.values()})
    chosen = st.selectbox(
        say("webhooks.integration"),
        ["", *providers],
        key="traffic.provider",
        format_func=spoken(
            ["", *providers], lambda one: registry.manifest(one).name if one else say("common.all")
        ),
        width=260,
        on_change=traffic_parts.first_pages,
    )
    return {key: link for key, link in links.items() if chosen in ("", None, link.provider)}
