"""What an event does not say of a record stays as it is known."""

from collections.abc import Sequence
from dataclasses import fields

from dashboard.contracts.records import KEPT, Record
from dashboard.store.base import Session
from dashboard.store.packing import Row, row_of
from dashboard.store.records import Place, load_records


def filled(session: Session, place: Place, kind: type[Record], rows: Sequence[Row]) -> list[Row]:
    """The rows, with members that an event left open taken from the record that is there."""
    names = [member.name for member in fields(kind) if KEPT in member.metadata]
    told = [(row, row.fields) for row in rows] if names else []
    silent = [row.external_id for row, said in told if any(said.get(n) is None for n in names)]
    if not silent:
        return list(rows)
    known = {one.external_id: one.fields for one in load_records(session, place, silent)}
    return [
        row_of(
            said | {n: known.get(row.external_id, {}).get(n) for n in names if said.get(n) is None}
        )
        for row, said in told
    ]
