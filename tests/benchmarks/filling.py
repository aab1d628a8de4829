"""Rows by the million, made by the database itself."""

# ruff: noqa: S608 - every part of the statements stands in this file

AGENT, LINK, STREAM = "agt_bench_000001", "con_bench_000001", "contacts"

_AGENTS = """
INSERT INTO agent (id, name, sample, created_at)
SELECT 'agt_bench_' || {six}, 'Agent ' || n, '{{}}', {moment} FROM {numbers}
"""
_LINKS = """
INSERT INTO connection (id, agent_id, provider, environment, method, tenant, state,
    account_id, account_name, account_url, account_details, open_fields, settings, events,
    granted_scopes, hook_hash, version, paused, checks, error_code, error_reason, failures,
    refused_signatures, created_at)
SELECT 'con_bench_' || {six}, 'agt_bench_' || {six}, 'kommo', 'live',
    'keys', '', 'active', 'a' || n, 'Account', '', '{{}}', '{{}}', '{{}}', '[]', '[]',
    'h' || n, 0, {no}, '[]', '', '', 0, 0, {moment} FROM {numbers}
"""
_RECORDS = """
INSERT INTO record (connection_id, stream, external_id, title, search, digest, fields,
    generation, updated_at, saved_at)
SELECT '{link}', '{stream}', 'r' || {seven}, 'Name ' || n,
    'name ' || n || ' +7900' || n || ' street ' || (n % 977), 'd' || n,
    '{{"name": "Name", "phones": ["+7900"], "vendor_fields": {{}}}}', 1, {moment}, {moment}
FROM {numbers}
"""
_ENTRIES = """
INSERT INTO audit_entry (at, actor_kind, actor_id, actor_name, action, agent_id,
    connection_id, provider, outcome, detail, vendor_request_id, previous_hash, hash)
SELECT {moment}, 'staff', 's', 'Анна', 'bench.action' || (n % 40), '{agent}', '{link}', 'kommo',
    'ok', '{{}}', '', 'p', 'h' FROM {numbers}
"""
_EVENTS = """
INSERT INTO event (id, connection_id, vendor_id, name, vendor_name, state, payload, work,
    attempts, error_code, error_reason, received_at, processed_at)
SELECT 'evt_bench_' || {seven}, '{link}', 'v' || n, 'deal.changed', 'update_lead',
    CASE WHEN n % 1000 = 0 THEN 'dead' ELSE 'done' END, '{{"id": "31", "phones": ["+7900"]}}',
    '{{}}', 1, '', '', {moment}, {moment} FROM {numbers}
"""
_DELIVERIES = """
INSERT INTO delivery (id, connection_id, source, event_type, body, state, attempts, last_status,
    error_code, created_at, delivered_at, position, taken_by, takes)
SELECT 'msg_bench_' || {seven}, '{link}', 'v' || n, 'deal.changed', {body},
    CASE WHEN n % 1000 = 0 THEN 'dead' ELSE 'delivered' END, 1, 200, '', {moment}, {moment}, n,
    '', 0 FROM {numbers}
"""
# One event in five is sent on.
SENT = 5
_SQLITE = {
    "six": "printf('%06d', n)",
    "seven": "printf('%07d', n)",
    "moment": "strftime('%Y-%m-%d %H:%M:%S', 1767225600 + n, 'unixepoch') || '.000000'",
    "no": "0",
    "body": "x'7b7d'",
}
_POSTGRES = {
    "six": "lpad(CAST(n AS text), 6, '0')",
    "seven": "lpad(CAST(n AS text), 7, '0')",
    "moment": "timestamptz '2026-01-01' + n * interval '1 second'",
    "no": "false",
    "body": "bytea '\\x7b7d'",
}


def statements(*, on_postgres: bool, agents: int, records: int) -> list[str]:
    """Inserts of agents with a connection each; of records, journal entries, webhooks of one."""
    counted = (
        (_AGENTS, agents),
        (_LINKS, agents),
        (_RECORDS, records),
        (_ENTRIES, records),
        (_EVENTS, records),
        (_DELIVERIES, records // SENT),
    )
    words = _POSTGRES if on_postgres else _SQLITE
    named = {"agent": AGENT, "link": LINK, "stream": STREAM, **words}
    numbers = _by_series if on_postgres else _by_recursion
    return [text.format(numbers=numbers(count), **named) for text, count in counted]


def _by_series(count: int) -> str:
    return f"generate_series(1, {count}) AS g(n)"


def _by_recursion(count: int) -> str:
    return (
        f"(WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {count})"
        " SELECT n FROM g)"
    )
