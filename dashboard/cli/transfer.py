"""Export and import of the configuration."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dashboard.cli.desk import prepared
from dashboard.cli.explain import explained, language, tell
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM

if TYPE_CHECKING:
    from dashboard.assembly import Dashboard
    from dashboard.transfer.document import Invalid, Source
    from dashboard.transfer.plan import Plan

_MARKS = {"create": "+", "change": "~", "leave": "="}


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
def export(file: Path) -> None:
    """Write the configuration to FILE as YAML; a dash writes it to the screen.

    Agents with their fields and rules; connections with settings, events and mappings; ids of
    apps. Secrets are never in it. The order is stable, so that two exports can be compared.
    """
    with explained(), prepared() as desk:
        from dashboard.transfer import document
        from dashboard.transfer.describe import describe

        found = describe(desk)
        text = document.write(found)
        if str(file) == "-":
            click.echo(text, nl=False)
            return
        file.write_text(text, encoding="utf-8")
    click.echo(tell("transfer.exported", path=file, agents=len(found.agents)))


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Only say what would be created, changed and left.")
def import_(file: Path, *, dry_run: bool) -> None:
    """Make the desk like the YAML FILE, all of it or nothing; a dash reads from standard input.

    Agents are known by their names. What the file does not mention stays as it is; nothing is
    deleted. New connections wait for a sign-in: they are listed at the end.
    """
    with explained(), prepared() as desk:
        from dashboard.transfer import document, importing

        try:
            source = document.read(_text(file))
            brought = importing.plan if dry_run else _applied
            _report(desk, source, brought(desk, source, language()), dry_run=dry_run)
        except document.Invalid as invalid:
            raise click.ClickException(_wrong(invalid)) from None


def _applied(desk: "Dashboard", source: "Source", words: str) -> "Plan":
    from dashboard.transfer import importing

    return importing.apply(desk, SYSTEM, source, words)


def _report(desk: "Dashboard", source: "Source", planned: "Plan", *, dry_run: bool) -> None:
    from dashboard.transfer import importing

    counts = dict.fromkeys(_MARKS, 0)
    for change in planned.changes:
        counts[change.kind] += 1
        values = ""
        if change.after is not None:
            before = "" if change.before is None else f"{_short(change.before)} → "
            values = f": {before}{_short(change.after)}"
        click.echo(f"{_MARKS[change.kind]} {' / '.join(change.where)}{values}")
    told = {"created": counts["create"], "changed": counts["change"], "left": counts["leave"]}
    key = "would" if dry_run else "done"
    click.echo(tell("transfer.same" if planned.is_empty else f"transfer.{key}", **told))
    for one in importing.needed(desk, source.document):
        sentence = "sign_in" if one.agent else "app_secret"
        click.echo(tell(f"transfer.{sentence}", name=one.provider, agent=one.agent))


def _text(file: Path) -> str:
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refusal("transfer.no_file", 404, values={"path": str(file)}) from None


def _wrong(invalid: "Invalid") -> str:
    lines = [tell("transfer.invalid", count=len(invalid.troubles))]
    for one in invalid.troubles:
        where = f"{one.path}: " if one.path else ""
        lines.append(f"  {one.line}: {where}{one.told}")
    return "\n".join(lines)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
