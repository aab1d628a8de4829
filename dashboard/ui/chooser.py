"""Agents to choose from; where there are more than a list holds, a search narrows them."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import streamlit as st

from dashboard.queries.overview import Offer
from dashboard.ui.session import desk, say
from dashboard.ui.wording import gray, number

PLACE = "agent_choice"


def choose() -> str:
    """Draw the chooser and give the chosen agent's id; empty when there is none to choose."""
    offer = settle()
    draw(offer)
    return offer.chosen


def settle() -> Offer:
    """What the chooser offers; the chosen one is this run's agent, known before anything is drawn.

    The chosen one is empty when there is no agent.
    """
    state = st.session_state
    asked = (state.get(PLACE), st.query_params.get("agent"), state.get("agent_id"))
    offer = offered(PLACE, asked)
    if offer.searched and not offer.agents:
        # Somebody has deleted the chosen one while nothing was found.
        del state[f"{PLACE}.search"]
        offer = offered(PLACE, asked)
    if not offer.chosen and offer.agents:
        offer = replace(offer, chosen=offer.agents[0].id)
    if offer.chosen and offer.chosen != state.get(PLACE):
        state[PLACE] = offer.chosen
    state["agent_id"] = offer.chosen
    return offer


def draw(offer: Offer) -> None:
    """The list of agents with the settled one chosen, and what finds an agent that is not in it."""
    if not offer.chosen:
        return
    if not offer.many:
        _list(offer)
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        search(PLACE, offer, width=280)
        _list(offer)
    tell(offer)


def offered(place: str, asked: Iterable[object]) -> Offer:
    """Agents that a choice offers, narrowed by what its search box holds.

    Args:
        place: Name of the choice.
        asked: Ids, the most wanted first; the first that exists is offered in any case.
    """
    text = st.session_state.get(f"{place}.search") or ""
    wanted = [one for one in asked if isinstance(one, str) and one]
    return desk().queries.overview.offer(str(text), asked=wanted)


def search(place: str, offer: Offer, *, width: int) -> None:
    """A box to look for agents in, where there are more than a list holds."""
    if offer.many:
        st.text_input(
            say("common.find_agent"),
            key=f"{place}.search",
            type="search",
            icon=":material/search:",
            placeholder=say("common.find_agent_hint"),
            live=True,
            width=width,
        )


def tell(offer: Offer) -> None:
    """What a search has found, and how many agents are not offered."""
    if offer.unshown.number:
        _say("agents_unshown", offer.unshown.number, more=offer.unshown.more)
    elif offer.searched:
        _say("agents_found" if offer.fit.number else "agents_none", offer.fit.number)


def named(offer: Offer) -> Callable[[str], str]:
    """The words of a choice: names, with the tail of the id where two agents share a name."""
    shared = Counter(agent.name for agent in offer.agents)
    names = {
        agent.id: agent.name if shared[agent.name] == 1 else f"{agent.name} · {agent.id[-4:]}"
        for agent in offer.agents
    }
    return lambda key: names.get(key, key)


def _list(offer: Offer) -> None:
    st.selectbox(
        say("common.agent"),
        [agent.id for agent in offer.agents],
        key=PLACE,
        format_func=named(offer),
        icon=":material/smart_toy:",
        width=280,
    )


def _say(key: str, count: int, *, more: bool = False) -> None:
    word = f"common.{key}_more" if more else f"common.{key}"
    st.markdown(gray(say(word, count=count, number=number(count))))
