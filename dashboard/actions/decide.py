"""What people decide: whether a proposed run happens, and whether an unknown one happened."""

from datetime import timedelta

from dashboard import clock
from dashboard.actions.journal import name, token, write_with_payload
from dashboard.actions.machine import Event, State, move
from dashboard.actions.perform import Performer
from dashboard.audit.log import Audit
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM, Actor, Role, require
from dashboard.store import actions as table
from dashboard.store.actions import ActionRun
from dashboard.store.base import Store

PROPOSAL_LASTS = timedelta(days=7)
EXPIRED = "actions.expired"
DECIDABLE = {
    Event.APPROVED: State.PROPOSED,
    Event.DENIED: State.PROPOSED,
    Event.FOUND_DONE: State.UNKNOWN,
    Event.FOUND_UNDONE: State.UNKNOWN,
}


class Decisions:
    """The decisions of staff, each made once, whoever else presses at the same moment.

    The token of an agent decides nothing, and no token approves what it asked for itself: a wish
    is not its own consent.
    """

    def __init__(self, store: Store, audit: Audit, performer: Performer) -> None:
        self._store, self._audit, self._performer = store, audit, performer

    def approve(self, actor: Actor, run_id: str) -> ActionRun:
        """Let a proposed run happen, and do it."""
        self.make(actor, run_id, Event.APPROVED)
        return self._performer.perform(actor, run_id)

    def make(self, actor: Actor, run_id: str, event: Event) -> ActionRun:
        """Put one decision down, with its maker and exactly what it was about.

        Raises:
            Refusal: `actions.unknown_run`, `actions.staff_only`, `actions.decided`,
                `actions.expired`, `actions.own_request`.
        """
        with self._store.transaction() as session:
            run = table.lock_action_run(session, run_id)
            _be_allowed(actor, run)
            assert run is not None  # noqa: S101 - checked in the line above
            if run.state != DECIDABLE[event]:
                raise Refusal("actions.decided", 409, values={"state": run.state})
            if event is Event.APPROVED:
                _be_approvable(actor, run)
            run.state = move(run.state, event)
            run.decided_by, run.decided_at = name(actor), clock.now()
            run.executor = self._performer.executor
            write_with_payload(self._audit, session, actor, run)
            return run

    def check(self, actor: Actor, run_id: str) -> ActionRun:
        """Look at the vendor once more what became of an unknown run.

        Raises:
            Refusal: As `make`, and `actions.cannot_check` where nobody can be asked.
        """
        with self._store.transaction() as session:
            _be_allowed(actor, run := session.get(ActionRun, run_id))
        assert run is not None  # noqa: S101 - checked in the line above
        if run.state != State.UNKNOWN:
            raise Refusal("actions.decided", 409, values={"state": run.state})
        return self._performer.check(actor, run_id) or run

    def expire(self, run_id: str) -> None:
        """Deny a proposal nobody has decided about in time."""
        with self._store.transaction() as session:
            run = table.lock_action_run(session, run_id)
            if run is None or run.state != State.PROPOSED or not _is_stale(run):
                return
            run.state, run.error_code = move(run.state, Event.DENIED), EXPIRED
            run.decided_by, run.decided_at = SYSTEM.name, clock.now()
            write_with_payload(self._audit, session, SYSTEM, run)


def _be_allowed(actor: Actor, run: ActionRun | None) -> None:
    require(actor, Role.OPERATOR)
    # Another agent's run does not exist for this caller.
    if run is None or actor.agent_id not in ("", run.agent_id):
        raise Refusal("actions.unknown_run", 404)
    if actor.agent_id:
        raise Refusal("actions.staff_only", 403)


def _be_approvable(actor: Actor, run: ActionRun) -> None:
    if run.requested_token and run.requested_token == token(actor):
        raise Refusal("actions.own_request", 403)
    if _is_stale(run):
        raise Refusal(EXPIRED, 409)


def _is_stale(run: ActionRun) -> bool:
    return clock.now() - run.created_at >= PROPOSAL_LASTS
