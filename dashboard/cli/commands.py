"""The desk's commands."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM, Role
from dashboard.settings import Settings
from dashboard.texts import say

if TYPE_CHECKING:
    from dashboard.assembly import Dashboard

ROOT = Path(__file__).resolve().parents[2]
PORT = 8501
_ROLES = click.Choice([role.value for role in Role])

_SERVER: dict[str, Any] = {
    "lifespan": "on",
    "access_log": False,
    "log_config": None,
    # What `streamlit run` itself sets; uvicorn's own limits are smaller.
    "ws": "websockets-sansio",
    "ws_max_size": 200 * 1024 * 1024,
    "ws_ping_interval": 30,
    "ws_ping_timeout": 30,
    "ws_per_message_deflate": False,
    "timeout_graceful_shutdown": 10,
    "proxy_headers": True,
    "server_header": False,
}


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Integrations desk: connect AI agents to outside services.

    Settings come from INTEGRATIONS_* environment variables; the data folder is
    INTEGRATIONS_DATA_DIR (default: ./data).
    """


@main.command()
@click.option("--port", default=PORT, show_default=True, help="Port to listen on.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 opens the desk to the network.",
)
def run(port: int, host: str) -> None:
    """Serve the desk: pages, API, webhooks and, unless INTEGRATIONS_ROLE=web, background work.

    The first start prints a link that creates the administrator.
    """
    # Links and redirect addresses must carry the port people use.
    os.environ.setdefault("INTEGRATIONS_PUBLIC_URL", f"http://localhost:{port}")
    # Streamlit reads its settings from the folder it is started in.
    os.environ["INTEGRATIONS_DATA_DIR"] = str(Settings().data_dir.absolute())
    os.chdir(ROOT)
    with _explained():
        _prepared()
    import uvicorn

    uvicorn.run(
        "streamlit_app:app",
        host=host,
        port=port,
        app_dir=str(ROOT),
        **_SERVER,
    )


@main.command()
def worker() -> None:
    """Only work: syncs, webhooks, deliveries. For machines beside the one that serves."""
    from dashboard.worker import work

    with _explained():
        work(_prepared())


@main.command()
def migrate() -> None:
    """Bring the database up to this version; `run` and `worker` do it by themselves."""
    with _explained():
        desk = _desk()
        desk.settings.data_dir.mkdir(parents=True, exist_ok=True)
        from dashboard.store import migrate as migrations

        migrations.upgrade(desk.store)
    click.echo("The database is up to date.")


@main.command()
def doctor() -> None:
    """Check database, migrations, key, clock, public address and disk; exit 1 on trouble."""
    from dashboard.cli.doctor import checks

    with _explained():
        found = checks(_desk())
    for check in found:
        mark = "ok  " if check.ok else "FAIL"
        click.echo(f"{mark} {check.name}: {check.told}")
    sys.exit(0 if all(one.ok for one in found) else 1)


@main.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.option("--name", required=True, help="Who will use it; shown in the journal.")
@click.option("--role", type=_ROLES, default="operator", show_default=True)
@click.option("--agent", default="", help="Id of the only agent it may touch; all when left out.")
def create_token(name: str, role: str, agent: str) -> None:
    """Make a token and print it. It is shown only now."""
    with _explained():
        made = _prepared().staff.tokens.create(SYSTEM, name, Role(role), agent_id=agent)
    click.echo(made.token)


@token.command("list")
def list_tokens() -> None:
    """List tokens: id, last four characters, role, agent, state, name."""
    with _explained():
        rows = _prepared().staff.tokens.all()
    for row in rows:
        state = "revoked" if row.revoked_at else "active"
        agent = row.agent_id or "all agents"
        click.echo(f"{row.id}  …{row.tail}  {row.role:<8}  {agent}  {state}  {row.name}")


@token.command("revoke")
@click.argument("token_id")
def revoke_token(token_id: str) -> None:
    """Stop a token from working, at once and for good."""
    with _explained():
        _prepared().staff.tokens.revoke(SYSTEM, token_id)
    click.echo("Revoked.")


@main.group()
def staff() -> None:
    """People who use the browser."""


@staff.command("invite")
@click.option("--role", type=_ROLES, default="operator", show_default=True)
def invite(role: str) -> None:
    """Print a link that creates one account; it works once, for three days."""
    with _explained():
        link = _prepared().staff.invites.create(SYSTEM, Role(role))
    click.echo(link)


def _desk() -> "Dashboard":
    from dashboard.app import desk

    return desk()


def _prepared() -> "Dashboard":
    from dashboard.app import prepare

    desk = _desk()
    prepare(desk)
    return desk


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise click.ClickException(say("en", refusal.code, **(refusal.values or {}))) from refusal
