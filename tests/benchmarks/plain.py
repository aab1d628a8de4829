"""The yardstick of the sync benchmark: httpx, json and sqlite3, doing the same upserts."""

import hashlib
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import httpx

SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    connection_id TEXT, stream TEXT, external_id TEXT, title TEXT, search TEXT, digest TEXT,
    fields TEXT, updated_at TEXT, saved_at TEXT,
    PRIMARY KEY (connection_id, stream, external_id)
);
CREATE INDEX IF NOT EXISTS record_by_time
    ON record (connection_id, stream, updated_at, external_id);
CREATE TABLE IF NOT EXISTS place (stream TEXT PRIMARY KEY, cursor TEXT);
"""
UPSERT = """
INSERT INTO record VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET
    title = excluded.title, search = excluded.search, digest = excluded.digest,
    fields = excluded.fields, updated_at = excluded.updated_at, saved_at = excluded.saved_at
"""


def sync(transport: httpx.BaseTransport, database: Path) -> int:
    """Read all pages; each page and its cursor in one transaction. Returns the record count."""
    store = sqlite3.connect(database)
    store.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA)
    http = httpx.Client(transport=transport, base_url="https://bench.example")
    place, count = None, 0
    while True:
        body = json.loads(http.get("/contacts", params={"token": place or "0"}).content)
        rows = [_columns(row) for row in body["items"]]
        with store:
            store.executemany(UPSERT, rows)
            store.execute("INSERT OR REPLACE INTO place VALUES ('contacts', ?)", (body["next"],))
        count, place = count + len(rows), body["next"]
        if not place:
            return count


def _columns(row: dict) -> tuple:
    packed = json.dumps(row, ensure_ascii=False)
    updated = datetime.fromtimestamp(row["updated_at"], UTC).isoformat()
    search = f"{row['name']} {row['email']} {row['phone']}".lower()
    digest = hashlib.sha256(packed.encode()).hexdigest()
    now = datetime.now(UTC).isoformat()
    return ("c", "contacts", str(row["id"]), row["name"], search, digest, packed, updated, now)
