"""Mistakes of operators, told in a sentence and in their language."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import click
import pydantic
import sqlalchemy as sa

from dashboard.contracts.errors import Refusal
from dashboard.logs import redacted
from dashboard.texts import say


def language() -> str:
    """The operator's language by LC_ALL, LC_MESSAGES or LANG: ru, else en."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return "ru" if chosen.lower().startswith("ru") else "en"


def tell(key: str, **values: object) -> str:
    """A sentence for the operator."""
    return say(language(), key, **values)


def refusal_in_words(refusal: Refusal) -> str:
    """What a refusal says."""
    return tell(refusal.code, **(refusal.values or {}))


@contextmanager
def explained() -> Iterator[None]:
    """End the command with a sentence, not with a traceback, where the operator can act."""
    try:
        yield
    except Refusal as refusal:
        raise click.ClickException(refusal_in_words(refusal)) from refusal
    except pydantic.ValidationError as error:
        raise click.ClickException(_settings(error)) from None
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError):
        # The text of these holds the URL, and with it a password.
        raise click.ClickException(tell("cli.bad_database_url")) from None
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        raise click.ClickException(tell("cli.no_database", reason=_reason(error))) from None
    except OSError as error:
        raise click.ClickException(_file(error)) from None


def check_port(host: str, port: int) -> None:
    """Make sure that the port can be listened on, before anything is prepared.

    Raises:
        click.ClickException: It cannot; the sentence says why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            key = "port_taken" if error.errno == errno.EADDRINUSE else "bad_host"
            if error.errno == errno.EACCES:
                key = "no_rights"
            values = {"host": host, "port": port, "path": f"{host}:{port}"}
            raise click.ClickException(tell(f"cli.{key}", **values)) from None


def _settings(error: pydantic.ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    name = f"INTEGRATIONS_{str(first['loc'][0]).upper()}" if first["loc"] else "INTEGRATIONS_*"
    return tell("cli.bad_setting", name=name, problem=first["msg"])


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    told = str(getattr(error, "orig", None) or type(error).__name__)
    return redacted(told.strip().splitlines()[0]) if told.strip() else type(error).__name__


def _file(error: OSError) -> str:
    path = error.filename or "?"
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return tell("cli.no_rights", path=path)
    if error.errno == errno.ENOSPC:
        return tell("cli.disk_full", path=path)
    return tell("cli.file_trouble", path=path, reason=error.strerror or type(error).__name__)
