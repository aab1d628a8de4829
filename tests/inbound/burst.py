"""A burst of webhooks at several ears of a running desk, and what became of them.

Messages are numbered from 1; a number tells its sender, and a sender keeps to one ear.
"""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.connections import hook_keys
from dashboard.kit.signatures import StandardWebhooks
from dashboard.oauth.refresh import owner
from dashboard.store.agents import Agent
from dashboard.store.base import new_id
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, Event
from dashboard.store.records import Record
from tests.benchmarks.sender import send
from tests.inbound.stage import HEADERS, SECRET, update

SENDERS = 32
SIGNING = "whsec_YnVyc3Qtc2VjcmV0LW9mLTMyLWJ5dGVzLTAwMDAwMDA="


@dataclass(frozen=True, kw_only=True)
class Ear:
    """A connection that is called at its own address; `stream` is what its events fill."""

    connection_id: str
    token: str
    stream: str


@dataclass(frozen=True, kw_only=True)
class Fired:
    """What the senders saw: answers by status, requests a second, 99th percentile in ms."""

    statuses: dict[int, int]
    rate: float
    p99: float


class _Line:
    """What a sender still has to send; each is signed when its turn comes, lest it grow stale."""

    def __init__(self, ear, mine):
        self._ear, self._left = ear, mine[::-1]

    def __len__(self):
        return len(self._left)

    def pop(self):
        return _request(self._ear, self._left.pop())


def furnish(stage, vault, agents=2):
    """Agents with two ears each: one hears signed calls, the other's messages are told to it."""
    ears = []
    with stage.store.transaction() as session:
        for _ in range(agents):
            agent = Agent(id=new_id("agt"), name="Демо")
            session.add(agent)
            session.flush()
            ears.append(_ear(session, vault, agent.id, ("webhook", "runs", SIGNING)))
            ears.append(_ear(session, vault, agent.id, ("telegram", "messages", SECRET)))
    return ears


def numbers(ears, ear, total):
    """By sender, in the order each sends: what an ear will be sent."""
    senders = range(ears.index(ear), SENDERS, len(ears))
    return [list(range(sender + 1, total + 1, SENDERS)) for sender in senders]


def fire(stage, ears, total):
    """Send everything at once; each sender waits for an answer before it sends its next."""
    lines = [_Line(ear, mine) for ear in ears for mine in numbers(ears, ear, total)]

    async def all_senders():
        return await asyncio.gather(*(send(stage.port, 1, line) for line in lines))

    begun = time.perf_counter()
    seen = asyncio.run(all_senders())
    seconds = time.perf_counter() - begun
    latencies = sorted(latency for one in seen for latency in one["latencies"])
    return Fired(
        statuses=dict(sum((one["statuses"] for one in seen), Counter())),
        rate=total / seconds,
        p99=latencies[int(len(latencies) * 0.99)] * 1000,
    )


def unprocessed(stage):
    """How many events have not come to an end."""
    return _count(stage, select(sa.func.count()).where(col(Event.processed_at).is_(None)))


def deliveries(stage):
    """How many deliveries were made."""
    return _count(stage, select(sa.func.count(col(Delivery.id))))


def heard(stage, ear):
    """The events of an ear in the order they came: number, state, and when each ended."""
    with stage.store.transaction() as session:
        mine = select(Event).where(Event.connection_id == ear.connection_id)
        rows = session.exec(mine.order_by(col(Event.received_at), col(Event.id))).all()
    return [(int(row.vendor_id), row.state, row.processed_at) for row in rows]


def recorded(stage, ear):
    """The records an ear's events left, by number."""
    with stage.store.transaction() as session:
        mine = select(Record.external_id).where(Record.connection_id == ear.connection_id)
        return sorted(_number(one) for one in session.exec(mine.where(Record.stream == ear.stream)))


def told(stage, ear):
    """What the receiver will be told of an ear, in its line's order."""
    with stage.store.transaction() as session:
        bodies = session.exec(select(Delivery.body).order_by(col(Delivery.position))).all()
    read = [json.loads(body)["data"] for body in bodies]
    return [_number(d["external_id"]) for d in read if d["connection_id"] == ear.connection_id]


def _ear(session, vault, agent_id, what):
    provider, stream, secret = what
    token = f"burst-token-{agent_id}-{provider}"
    row = Connection(agent_id=agent_id, provider=provider, method="hook", state="active")
    row.hook_hash = hook_keys.hashed(token)
    # Deliveries are written and wait: what is told, and in which order, can be read.
    row.events, row.paused = ["message.received"], True
    session.add(row)
    session.flush()
    vault.seal(session, owner(row.id), hook_keys.SECRET, secret)
    return Ear(connection_id=row.id, token=token, stream=stream)


def _count(stage, asked):
    with stage.store.transaction() as session:
        return session.exec(asked).one()


def _number(external_id):
    return int(external_id.rpartition(":")[2])


def _request(ear, number):
    if ear.stream == "runs":
        body = json.dumps({"type": "order.paid", "data": {"name": "Анна", "id": number}}).encode()
        proof = StandardWebhooks(secrets=[SIGNING]).sign(str(number), body)
    else:
        body, proof = update(number), HEADERS
    headers = {**proof, "host": "desk", "content-length": len(body)}
    lines = [f"POST /hooks/{ear.token} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
