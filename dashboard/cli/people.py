"""API tokens and invitations."""

import click

from dashboard.cli.desk import prepared
from dashboard.cli.explain import explained, tell
from dashboard.contracts.people import SYSTEM, Role

_ROLES = click.Choice([role.value for role in Role])


@click.group()
def token() -> None:
    """API tokens: make, list, revoke.

    A token acts as a member of the staff with its role; it is shown once, when it is made.
    """


@token.command("create")
@click.option("--name", required=True, help="Who will use it; shown in the journal.")
@click.option(
    "--role",
    type=_ROLES,
    default="operator",
    show_default=True,
    help="viewer reads, operator connects and acts, admin does everything.",
)
@click.option("--agent", default="", help="Id of the only agent it may touch; all when left out.")
def create_token(name: str, role: str, agent: str) -> None:
    """Make a token and print it. It is shown only now."""
    with explained(), prepared() as desk:
        made = desk.staff.tokens.create(SYSTEM, name, Role(role), agent_id=agent)
    click.echo(made.token)


@token.command("list")
def list_tokens() -> None:
    """List tokens: id, last four characters, role, agent, state, name."""
    with explained(), prepared() as desk:
        rows = desk.staff.tokens.all()
    for row in rows:
        state = "revoked" if row.revoked_at else "active"
        agent = row.agent_id or "all agents"
        click.echo(f"{row.id}  …{row.tail}  {row.role:<8}  {agent}  {state}  {row.name}")


@token.command("revoke")
@click.argument("token_id")
def revoke_token(token_id: str) -> None:
    """Stop a token from working, at once and for good.

    TOKEN_ID is the first column of `token list`.
    """
    with explained(), prepared() as desk:
        desk.staff.tokens.revoke(SYSTEM, token_id)
    click.echo(tell("cli.revoked"))


@click.group()
def staff() -> None:
    """People who use the browser: invite them."""


@staff.command("invite")
@click.option(
    "--role",
    type=_ROLES,
    default="operator",
    show_default=True,
    help="What the person may do: viewer reads, operator connects and acts, admin does everything.",
)
def invite(role: str) -> None:
    """Print a link that creates one account; it works once, for three days."""
    with explained(), prepared() as desk:
        link = desk.staff.invites.create(SYSTEM, Role(role))
    click.echo(link)
