"""The desk's commands."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from dashboard.cli import keeping, people, transfer
from dashboard.cli.desk import assembled, prepared
from dashboard.cli.explain import check_port, explained, tell
from dashboard.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PORT = 8501

_SERVER: dict[str, Any] = {
    "lifespan": "on",
    "access_log": False,
    "log_config": None,
    "http": "dashboard.http.patience:PatientProtocol",
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
    INTEGRATIONS_DATA_DIR (default: ./data). Begin with `run`; when something is wrong, ask
    `doctor`.
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

    The first start prints a link that creates the administrator. SIGTERM or Ctrl-C ends it
    gracefully: what runs is finished or given back within 20 seconds.
    """
    # Links and redirect addresses must carry the port people use.
    os.environ.setdefault("INTEGRATIONS_PUBLIC_URL", f"http://localhost:{port}")
    with explained():
        check_port(host, port)
        # Streamlit reads its settings from the folder it is started in.
        os.environ["INTEGRATIONS_DATA_DIR"] = str(Settings().data_dir.absolute())
        os.chdir(ROOT)
        from dashboard.app import desk
        from dashboard.assembly import prepare

        prepare(desk())
    import uvicorn

    uvicorn.run("streamlit_app:app", host=host, port=port, app_dir=str(ROOT), **_SERVER)


@main.command()
def worker() -> None:
    """Only work: syncs, webhooks, deliveries. For machines beside the one that serves.

    SIGTERM or Ctrl-C ends it gracefully: what runs is finished or given back.
    """
    with explained(), prepared() as desk:
        from dashboard.worker import work

        work(desk)


@main.command()
def migrate() -> None:
    """Bring the database up to this version; `run` and `worker` do it by themselves."""
    with explained(), assembled() as desk:
        from dashboard.store import migrate as migrations

        migrations.upgrade(desk.store)
    click.echo(tell("cli.up_to_date"))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: a JSON list of the findings.")
def doctor(*, as_json: bool) -> None:
    """Look for what is wrong, and say who has to do what about it.

    Looks at the database, migrations, vault key, clock, public address, addresses to register at
    services, queue, workers, disk and versions. Exits with 1 when something must be done.
    """
    from dashboard.cli import doctor as room

    with explained():
        settings = Settings()
        found = room.checks(settings)
    click.echo(room.as_json(found) if as_json else room.as_text(found))
    sys.exit(0 if all(one.state is not room.State.FAIL for one in found) else 1)


for command in (
    keeping.backup,
    keeping.restore,
    keeping.rotate_key,
    transfer.export,
    transfer.import_,
    people.token,
    people.staff,
):
    main.add_command(command)
