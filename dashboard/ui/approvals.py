"""What waits for a person: actions that need consent, and ones with an unknown outcome."""

import streamlit as st

from dashboard import registry
from dashboard.actions.payload import masked
from dashboard.queries.journal import ActionRow
from dashboard.ui import frame, icons, runs, wording
from dashboard.ui.session import desk, say
from dashboard.ui.wording import gray, plain, said


def draw() -> None:
    """Every waiting run in full, the longest-waiting first."""
    rows = desk().queries.overview.undecided()
    if not rows:
        frame.empty(":material/task_alt:", say("approvals.nothing"), say("approvals.nothing_text"))
        return
    names = desk().queries.overview.names(row.agent_id for row in rows)
    st.markdown(gray(say("approvals.waiting", count=len(rows))))
    for row in rows:
        with st.container(border=True, key=f"waiting-{row.id}"):
            _run(row, names.get(row.agent_id, row.agent_id))


def _run(row: ActionRow, agent: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.markdown(icons.image(row.provider), width=40)
        title = said(row.provider, "actions", row.action)
        st.markdown(f"### {plain(title)} {runs.badge(row)}", anchors=False)
    frame.facts(
        {
            say("common.agent"): agent,
            say("webhooks.integration"): registry.manifest(row.provider).name,
            say("approvals.asked_by"): row.requested_by,
            say("approvals.asked_at"): wording.exactly(row.created_at),
        }
    )
    if row.error_code:
        st.markdown(wording.problem(row.error_code, row.provider))
    st.markdown(f"**{say('approvals.payload')}**")
    # Exactly what is decided about; only what looks like a secret is hidden.
    frame.payload(masked(row.arguments))
    runs.decisions(row, "approvals")
