"""A write that comes twice under one key is done once and answered alike.

The answer is kept for a day, sealed: some hold a secret that is shown only once.
"""

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from dashboard import clock
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor
from dashboard.store import answers, retention
from dashboard.store.base import Session, Store
from dashboard.vault.vault import Vault

KEPT = timedelta(days=1)
# Longer than any write takes; after it the process that took the key is taken for dead.
LONGEST = timedelta(minutes=3)
_BODY = "body"


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    media_type: str
    body: bytes


class Repeats:
    """Keeps answers by key. Of a process that dies before it keeps one, a repeat acts anew."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store, self._vault = store, vault

    def begin(self, actor: Actor, key: str, request: bytes) -> str | Answer:
        """The answer given before; otherwise an id to `keep` or `drop` the coming one by.

        Raises:
            Refusal: `actions.key_reused` (409): the key came with another request;
                `api.under_way` (409): the same request is being answered now.
        """
        place, asked = _digest(f"{actor.kind}\0{actor.id}\0{key}".encode()), _digest(request)
        with self._store.transaction() as session:
            if mine := answers.claim(session, place, asked):
                return mine
            found = answers.find(session, place)
            if found is None:  # freed between the two looks
                raise Refusal("api.under_way", 409, field="Idempotency-Key")
            return self._before(session, found, asked)

    def keep(self, answer_id: str, answer: Answer) -> None:
        """Keep the answer for whoever asks again."""
        with self._store.transaction() as session:
            answers.finish(session, answer_id, answer.status, answer.media_type)
            self._vault.seal(session, _owner(answer_id), _BODY, b64encode(answer.body).decode())

    def drop(self, answer_id: str) -> None:
        """Free the key: the request was refused, so nothing was done under it."""
        with self._store.transaction() as session:
            answers.forget(session, answer_id)

    def sweep(self) -> None:
        """Forget the answers of yesterday."""
        before = clock.now() - KEPT
        retention.purge(self._store, partial(self._forget, before))

    def _forget(self, before: datetime, session: Session, limit: int) -> int:
        gone = answers.delete_old(session, before, limit)
        for old in gone:
            self._vault.forget(session, _owner(old))
        return len(gone)

    def _before(self, session: Session, found: answers.ApiAnswer, asked: str) -> str | Answer:
        if found.request != asked:
            raise Refusal("actions.key_reused", 409, field="Idempotency-Key")
        if found.status != answers.UNDER_WAY:
            body = self._vault.open(session, _owner(found.id), _BODY) or ""
            return Answer(found.status, found.media_type, b64decode(body))
        if clock.now() - found.begun_at > LONGEST and answers.take_over(session, found):
            return found.id
        raise Refusal("api.under_way", 409, field="Idempotency-Key")


def _digest(meaning: bytes) -> str:
    return hashlib.sha256(meaning).hexdigest()


def _owner(answer_id: str) -> str:
    return f"answer:{answer_id}"
