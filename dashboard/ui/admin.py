"""The installation's settings: apps at vendors, tokens, staff, address and key."""

import streamlit as st

from dashboard import registry
from dashboard.contracts.manifest import OAuth2
from dashboard.contracts.people import SYSTEM, Role
from dashboard.queries.overview import Offer
from dashboard.queries.people import AppRow, StaffRow, TokenRow
from dashboard.ui import chooser, frame, guard, health, icons, session, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, plain, said, spoken


def draw() -> None:
    """A tab for each concern."""
    tabs = ("apps", "tokens", "staff", "system")
    apps, tokens, staff, system = frame.tabs([say(f"settingspage.tab_{name}") for name in tabs])
    with apps:
        _apps()
    with tokens:
        _tokens()
    with staff:
        _staff()
    with system:
        health.address()
        health.key()
        health.workers()


def _apps() -> None:
    st.markdown(f":gray[{say('settingspage.apps_text')}]")
    st.markdown(f"**{say('settingspage.redirect')}**", help=say("settingspage.redirect_help"))
    st.code(f"{desk().settings.public_url}/oauth/callback", language=None, wrap_lines=True)
    if health.is_private():
        st.warning(say("settingspage.redirect_private"), icon=":material/warning:")
    for row in desk().queries.people.oauth_apps():
        _app(row)


def _app(row: AppRow) -> None:
    state = "app_ready" if row.client_id else "app_missing"
    color = "green" if row.client_id else "gray"
    label = f"**{row.name}** :{color}-badge[{say(f'settingspage.{state}')}]"
    with st.expander(label, key=f"app-{row.provider}"):
        guard.notices(f"app-{row.provider}")
        with st.container(horizontal=True, vertical_alignment="top"):
            st.markdown(icons.image(row.provider), width=40)
            st.markdown(_checklist(row))
        with st.form(f"app.{row.provider}", border=False):
            st.text_input(
                say("settingspage.client_id"), value=row.client_id, key=f"app.{row.provider}.id"
            )
            st.text_input(
                say("settingspage.client_secret"),
                type="password",
                key=f"app.{row.provider}.secret",
                autocomplete="off",
                placeholder=say("settingspage.secret_kept") if row.client_id else None,
            )
            st.form_submit_button(
                say("common.save"), type="primary", on_click=_app_saved, args=(row.provider,)
            )
        if row.client_id:
            _forget_app(row)


def _checklist(row: AppRow) -> str:
    """What to do at the vendor, in order, with the vendor's own page on it."""
    manifest = registry.manifest(row.provider)
    method = next(one for one in manifest.auth if isinstance(one, OAuth2))
    lines = [
        say("settingspage.check_create", name=row.name, url=method.source.url),
        say("settingspage.check_redirect"),
    ]
    if method.scopes:
        scopes = ", ".join(f"`{scope.name}`" for scope in method.scopes)
        lines.append(say("settingspage.check_scopes", scopes=scopes))
    if wording.has_said(row.provider, "steps", "oauth_app.help"):
        lines.append(said(row.provider, "steps", "oauth_app.help"))
    lines.append(say("settingspage.check_copy"))
    return "\n".join(f"{place}. {line}" for place, line in enumerate(lines, 1))


def _app_saved(provider: str) -> None:
    with guard.noted(provider, f"app-{provider}"):
        held = st.session_state
        desk().apps.save(
            actor(), provider, held[f"app.{provider}.id"], held[f"app.{provider}.secret"]
        )
        held[f"app.{provider}.secret"] = ""
        guard.tell(say("settingspage.app_saved"), f"app-{provider}")


def _forget_app(row: AppRow) -> None:
    with st.popover(say("settingspage.forget_app"), type="tertiary", icon=":material/delete:"):
        st.markdown(say("settingspage.forget_app_text", name=row.name))
        st.button(
            say("settingspage.forget_app_yes"),
            key=f"app.{row.provider}.forget",
            type="primary",
            on_click=_app_forgotten,
            args=(row.provider,),
        )


def _app_forgotten(provider: str) -> None:
    with guard.noted(provider):
        desk().apps.forget(actor(), provider)


def _tokens() -> None:
    st.markdown(f":gray[{say('settingspage.tokens_text')}]")
    made = st.session_state.pop("token.made", "")
    if made:
        st.success(say("settingspage.token_once"), icon=":material/key:")
        st.code(made, language=None, wrap_lines=True)
    guard.notices("tokens")
    _new_token()
    found = desk().queries.people.tokens(page=int(st.session_state.get("tokens.page", 1)))
    names = desk().queries.overview.names(row.agent_id for row in found.rows if row.agent_id)
    for row in found.rows:
        _token(row, names)
    if found.pages > 1:
        st.pagination(found.pages, key="tokens.page")


def _new_token() -> None:
    offer = chooser.offered("token.agent", [st.session_state.get("token.agent")])
    if offer.many:
        # Outside of the form, which would not tell what was typed before it is sent.
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chooser.search("token.agent", offer, width=240)
            _token_agent(offer)
        chooser.tell(offer)
    form = st.form("token.new", clear_on_submit=True)
    with form.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(say("settingspage.token_name"), key="token.name", width=240)
        st.selectbox(
            say("settingspage.token_role"),
            list(Role),
            index=1,
            key="token.role",
            format_func=spoken(list(Role), _role),
            width=180,
        )
        if not offer.many:
            _token_agent(offer)
        st.form_submit_button(say("settingspage.token_make"), type="primary", on_click=_token_made)


def _token_agent(offer: Offer) -> None:
    options = ["", *(agent.id for agent in offer.agents)]
    named, everyone = chooser.named(offer), say("settingspage.all_agents")
    st.selectbox(
        say("settingspage.token_agent"),
        options,
        key="token.agent",
        format_func=spoken(options, lambda one: named(one) if one else everyone),
        width=220,
    )


def _role(role: str) -> str:
    return say(f"common.role.{role}")


def _token_made() -> None:
    held = st.session_state
    with guard.noted(place="tokens"):
        new = desk().staff.tokens.create(
            actor(), held["token.name"], Role(held["token.role"]), agent_id=held["token.agent"]
        )
        held["token.made"] = new.token
        held["token.agent"] = ""
        held["tokens.page"] = 1


def _token(row: TokenRow, names: dict[str, str]) -> None:
    agent = row.agent_id
    scope = names.get(agent, agent) if agent else say("settingspage.all_agents")
    used = wording.ago(row.last_used_at)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        facts = f"`…{row.tail}` · {_role(row.role)} · {plain(scope)}"
        used_text = say("settingspage.token_used", ago=used, by=_maker(row.created_by))
        st.markdown(f"**{plain(row.name)}**  \n{gray(facts)}  \n{gray(plain(used_text))}")
        if row.revoked_at:
            st.badge(say("settingspage.token_revoked"), color="gray")
        else:
            st.button(
                say("settingspage.token_revoke"),
                key=f"revoke-{row.id}",
                help=f"{say('settingspage.token_revoke')}: {row.name}",
                type="tertiary",
                icon=":material/block:",
                on_click=_token_revoked,
                args=(row.id,),
            )


def _maker(name: str) -> str:
    return say("journal.system") if name == SYSTEM.name else name


def _token_revoked(token_id: str) -> None:
    with guard.noted(place="tokens"):
        desk().staff.tokens.revoke(actor(), token_id)


def _staff() -> None:
    st.markdown(f":gray[{say('settingspage.staff_text')}]")
    guard.notices("staff")
    link = st.session_state.pop("invite.made", "")
    if link:
        st.success(say("settingspage.invite_once"), icon=":material/mail:")
        st.code(link, language=None, wrap_lines=True)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            say("settingspage.invite_role"),
            list(Role),
            key="invite.role",
            format_func=spoken(list(Role), _role),
            width=220,
        )
        st.button(
            say("settingspage.invite"),
            key="invite.make",
            type="primary",
            icon=":material/person_add:",
            on_click=_invited,
        )
    for row in desk().queries.people.staff():
        _person(row)


def _invited() -> None:
    with guard.noted(place="staff"):
        role = Role(st.session_state["invite.role"])
        st.session_state["invite.made"] = desk().staff.invites.create(actor(), role)


def _person(row: StaffRow) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        mine = f" {gray(say('settingspage.you'))}" if row.id == session.me().id else ""
        st.markdown(f"**{plain(row.name)}**{mine}  \n{gray(plain(row.email))}", width="stretch")
        st.session_state[f"role.{row.id}"] = row.role
        st.selectbox(
            say("settingspage.role"),
            list(Role),
            key=f"role.{row.id}",
            format_func=spoken(list(Role), _role),
            label_visibility="collapsed",
            width=180,
            on_change=_role_changed,
            args=(row.id,),
            disabled=row.disabled_at is not None,
        )
        word = "enable" if row.disabled_at else "disable"
        st.button(
            say(f"settingspage.{word}"),
            key=f"{word}-{row.id}",
            help=f"{say(f'settingspage.{word}')}: {row.name}",
            type="tertiary",
            on_click=_shut_or_open,
            args=(row.id, word),
        )


def _role_changed(staff_id: str) -> None:
    with guard.noted(place="staff"):
        desk().staff.people.set_role(actor(), staff_id, Role(st.session_state[f"role.{staff_id}"]))


def _shut_or_open(staff_id: str, word: str) -> None:
    with guard.noted(place="staff"):
        people = desk().staff.people
        (people.enable if word == "enable" else people.disable)(actor(), staff_id)
