"""How the work behind the pages goes: queues, workers, delay, and jobs that were given up."""

import streamlit as st

from dashboard.ui import wording
from dashboard.ui.session import desk, say
from dashboard.ui.wording import gray, number


@st.fragment(run_every=5.0)
def strip() -> None:
    """One row of figures, refreshed while the page is open, and a warning when one is bad."""
    stats = desk().jobs.stats()
    shown = {
        "queued": number(stats.queued + stats.delayed),
        "running": number(stats.running),
        "workers": number(stats.workers),
        "lag": wording.lasted(stats.lag_seconds),
        "dead": number(stats.dead),
    }
    facts = [f"{say(f'syncpage.engine.{name}')}: **{value}**" for name, value in shown.items()]
    st.markdown(gray(f":material/memory: {say('syncpage.engine')} · " + " · ".join(facts)))
    if not stats.workers:
        st.warning(say("syncpage.engine.nobody"), icon=":material/warning:")
    elif stats.dead:
        st.warning(say("syncpage.engine.given_up", count=stats.dead), icon=":material/error:")
