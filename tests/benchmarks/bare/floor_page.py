"""A menu, a title and five cards with an icon, a name and a button; nothing is asked anywhere."""

import streamlit as st

ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='48' height='48'%3E"
    "%3Ccircle cx='24' cy='24' r='22'/%3E%3C/svg%3E"
)


def cards() -> None:
    """The cards, drawn with as few elements as the desk's own."""
    st.title("Integrations", anchor=False)
    board = st.grid("auto", min_column_width=260, border=True, gap="small", key="cards")
    for number in range(5):
        with board.container(height="stretch", vertical_alignment="distribute", gap="small"):
            with st.container(horizontal=True, gap="small", wrap=False):
                st.markdown(f"![]({ICON})", width=48)
                st.markdown(f"### Card {number}\n:gray-badge[Not connected]", anchors=False)
            st.button("Connect", key=f"connect-{number}", type="primary", width="stretch")


def other() -> None:
    """A page of the menu that is never opened."""


st.set_page_config(page_title="Cards", page_icon="🔌", layout="wide")
names = ("Mapping", "Sync", "Records", "Webhooks", "Journal", "Agents", "Settings")
pages = [st.Page(cards, title="Integrations", icon=":material/hub:", default=True)]
pages += [
    st.Page(other, title=name, icon=":material/sync:", url_path=name.lower()) for name in names
]
st.navigation(pages, position="top").run()
