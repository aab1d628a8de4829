"""What a connection may do at the vendor, by which credentials, and how to renew them."""

import streamlit as st

from dashboard import registry
from dashboard.contracts.forms import Kind
from dashboard.contracts.manifest import Keys
from dashboard.queries.overview import Link
from dashboard.ui import dialogs, fields, frame, guard, live, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, said
from dashboard.vault.vault import tail

PLACE = "connection"


def account(link: Link) -> None:
    """Whose account it is, and what the vendor says about it."""
    manifest = registry.manifest(link.provider)
    method = manifest.method(link.method)
    facts: dict[str, object] = {say("accesspage.account"): link.account_name}
    facts[say("accesspage.id")] = link.account_id
    for field in method.fields if method else ():
        label = said(link.provider, "fields", field.name)
        facts[label] = link.open_fields.get(field.name)
    for name, value in link.account_details.items():
        facts[said(link.provider, "details", name)] = _worded(value)
    facts[say("accesspage.method")] = said(link.provider, "methods", link.method)
    if link.token_expires_at:
        facts[say("accesspage.expires")] = wording.when(link.token_expires_at)
    frame.facts(facts)
    if link.account_url.startswith("https://"):
        st.link_button(
            say("accesspage.open_account"), link.account_url, icon=":material/open_in_new:"
        )


def _worded(value: str) -> str:
    """A vendor's yes and no in the reader's language; anything else as the vendor says it."""
    key = f"accesspage.value.{value}"
    return say(key) if wording.known(key) else value


def permissions(link: Link) -> None:
    """Each permission, why it is needed, and whether it was granted."""
    scopes = registry.manifest(link.provider).scopes(link.method)
    if not scopes:
        return
    st.markdown(f"#### {say('accesspage.permissions')}", anchors=False)
    lines = []
    for scope in scopes:
        # A vendor that names no granted scopes is believed to have granted all.
        granted = not link.granted_scopes or scope.name in link.granted_scopes
        mark = ":green[:material/check_circle:]" if granted else ":orange[:material/warning:]"
        state = say("accesspage.granted" if granted else "accesspage.not_granted")
        reason = said(link.provider, "scopes", scope.name)
        lines.append(f"- {mark} {reason} {gray(f'{state} · `{scope.name}`')}")
    st.markdown("\n".join(lines))


def keys(link: Link, method: Keys) -> None:
    """Replace pasted keys; a secret left empty stays."""
    st.markdown(f"#### {say('accesspage.keys')}", anchors=False)
    kept = desk().tokens.kept(link.id)
    hidden = [field.name for field in method.fields if field.kind is Kind.SECRET]
    asked = fields.Frame(
        provider=link.provider,
        prefix=f"access.{link.id}",
        values=link.open_fields,
        masks={name: tail(kept[name]) for name in hidden if name in kept},
        live=live.nothing,
    )
    fields.draw(method.fields, asked)
    st.button(
        say("accesspage.save_keys"), key="access.save", on_click=_keys_saved, args=(link, asked)
    )


def sign_in(link: Link) -> None:
    """Go through the vendor's consent page again; settings stay."""
    st.button(
        say("integrations.login_again"),
        key="access.sign_in",
        icon=":material/login:",
        on_click=dialogs.login_again,
        args=(link.provider,),
    )


def _keys_saved(link: Link, asked: fields.Frame) -> None:
    method = registry.manifest(link.provider).method(link.method)
    if not isinstance(method, Keys):
        return
    with guard.noted(link.provider, PLACE):
        desk().connect.submit_keys(actor(), link.id, fields.read(method.fields, asked))
        for field in method.fields:
            if field.kind is Kind.SECRET:
                st.session_state[asked.key(field)] = ""
        guard.tell(say("accesspage.keys_saved"), PLACE)
