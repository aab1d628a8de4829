"""Everything that is asked of a vendor, whoever it is, as one list of operations."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from dashboard import registry
from dashboard.contracts.actions import Effect
from dashboard.contracts.forms import MapFields
from dashboard.kit.reading import Page
from tests.contract import bench
from tests.contract.bench import TENANT, Account
from tests.contract.faults import AGAIN, ONCE, READ, Fault, Network, Remembering, kind_of
from tests.contract.samples import arguments

KEY = "contract-1"
GONE = frozenset({"404", "410"})
# A token that the vendor does not know any more is as good as revoked (RFC 7009, 2.2).
DEAD = GONE | {"400"}
# Whose account it is may be told in two places, one of which a gateway need not let through.
NOT_HERE = frozenset({"404"})
# A check that fails for want of a right has done its work.
NO_RIGHT = GONE | {"403"}


@dataclass(frozen=True)
class Operation:
    """One thing to ask of one vendor.

    Args:
        kind: What a lost answer means.
        run: Does it; what is prepared before is in the world already.
        ends_well: Faults that are an answer here, such as "there is no such thing".
        free: Any 2xx is enough, because answers are text that nobody reads.
    """

    provider: str
    name: str
    kind: str
    run: Callable[[Account], Any]
    ends_well: frozenset[str] = frozenset()

    @property
    def free(self) -> bool:
        return registry.manifest(self.provider).deliveries is not None

    def __str__(self) -> str:
        return f"{self.provider}-{self.name}"


@dataclass(frozen=True)
class Ready:
    """A provider's account with everything prepared: the world to begin with, and its inputs."""

    account: Account
    network: Network
    world: str
    inputs: dict[str, Any]
    made: Any


def operations(provider: str) -> list[Operation]:
    """What this provider is asked, read off its manifest."""
    manifest = registry.manifest(provider)
    client = registry.part(provider, "client")
    proof = AGAIN if manifest.deliveries else READ
    found = [
        Operation(provider, "identify", proof, lambda a: client.identify(a.client), NOT_HERE),
        Operation(provider, "revoke", AGAIN, lambda a: client.revoke(a.client), DEAD),
    ]
    if hasattr(client, "checks"):
        found.append(
            Operation(provider, "checks", READ, lambda a: client.checks(a.client), NO_RIGHT)
        )
    return [*found, *_lists(provider), *_streams(provider), *_hooks(provider), *_actions(provider)]


def _lists(provider: str) -> list[Operation]:
    manifest = registry.manifest(provider)
    names = {f.choices_from for f in manifest.settings_fields() if f.choices_from}
    choices = [
        Operation(provider, f"choices.{name}", READ, partial(_choices, name=name))
        for name in sorted(names)
    ]
    if not registry.has_part(provider, "fields"):
        return choices
    fields = [
        Operation(provider, f"fields.{stream}", READ, partial(_fields, stream=stream))
        for step in manifest.steps
        if isinstance(step, MapFields)
        for stream in step.streams
    ]
    return choices + fields


def _streams(provider: str) -> list[Operation]:
    polled = [s.name for s in registry.manifest(provider).streams if not s.events_only]
    whole = [
        Operation(provider, f"stream.{name}", READ, partial(_whole, stream=name)) for name in polled
    ]
    later = [
        Operation(provider, f"changes.{name}", READ, partial(_changes, stream=name))
        for name in polled
    ]
    one = [
        Operation(provider, f"fetch.{name}", READ, partial(_fetch, stream=name), GONE)
        for name in polled
        if hasattr(registry.part(provider, "streams"), "fetch")
    ]
    return whole + later + one


def _hooks(provider: str) -> list[Operation]:
    hooks = registry.manifest(provider).hooks
    if hooks is None or not hooks.subscribes:
        return []
    return [
        Operation(provider, "subscribe", AGAIN, _subscribe),
        Operation(provider, "registered", READ, _registered, GONE),
        Operation(provider, "unsubscribe", AGAIN, _unsubscribe, GONE),
    ]


def _actions(provider: str) -> list[Operation]:
    return [
        Operation(
            provider,
            f"action.{name}",
            kind_of(action),
            partial(run, name=name),
            GONE if action.effect is Effect.DESTROY else frozenset(),
        )
        for name, action in registry.actions(provider).items()
    ]


def run(account: Account, name: str) -> Any:
    """Do an action with its prepared input."""
    return account.action(name).run(account.client, ready(account.provider).inputs[name], key=KEY)


def _choices(account: Account, name: str) -> Any:
    return account.part("client").choices(account.client, name)


def _fields(account: Account, stream: str) -> Any:
    return account.part("fields").fields(account.client, stream)


def _whole(account: Account, stream: str) -> list[Page]:
    return account.pages(stream)


def _changes(account: Account, stream: str) -> list[Page]:
    return account.pages(stream, ready(account.provider).inputs[f"cursor.{stream}"])


def _fetch(account: Account, stream: str) -> Any:
    wanted = ready(account.provider).inputs[f"id.{stream}"]
    return account.part("streams").fetch(account.client, stream, wanted)


def _subscribe(account: Account) -> Any:
    names = [event.name for event in account.manifest.events]
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    return account.part("webhooks").subscribe(account.client, bench.HOOK_URL, secret, names)


def _registered(account: Account) -> str:
    made = ready(account.provider).made
    return account.part("webhooks").registered(account.client, made, bench.HOOK_URL)


def _unsubscribe(account: Account) -> None:
    account.part("webhooks").unsubscribe(account.client, ready(account.provider).made)


@cache
def ready(provider: str) -> Ready:
    """The provider's account, signed in and subscribed, with an input for everything."""
    account = bench.open_account(provider, registry.manifest(provider).auth[0].id)
    inputs: dict[str, Any] = {}
    for name, action in registry.actions(provider).items():
        inputs[name] = action.takes.model_validate(arguments(account, name))
    for stream in account.manifest.streams:
        if not stream.events_only:
            read = account.pages(stream.name)
            inputs[f"cursor.{stream.name}"] = read[-1].cursor
            inputs[f"id.{stream.name}"] = read[0].records[0].external_id
    hooks = account.manifest.hooks
    made = _subscribe(account) if hooks and hooks.subscribes else None
    network = Network(Remembering(account.network, partial(account.shelf.text, TENANT)))
    return Ready(account, network, account.shelf.text(TENANT), inputs, made)


def fresh(provider: str) -> Account:
    """The account in the world it was prepared in, through a network that may be broken."""
    made = ready(provider)
    made.account.shelf.put(TENANT, made.world)
    made.network.heals()
    made.account.reconnect(made.network)
    return made.account


@cache
def _trace(provider: str, name: str) -> tuple[str, ...]:
    """The methods of the requests an operation makes when nothing is wrong."""
    wanted = next(o for o in operations(provider) if o.name == name)
    account = fresh(provider)
    wanted.run(account)
    return tuple(request.method for request in ready(provider).network.sent)


def requests(operation: Operation) -> tuple[str, ...]:
    """The methods of the requests that an operation makes when nothing is wrong."""
    return _trace(operation.provider, operation.name)


def places(operation: Operation) -> list[int]:
    """Where to break it: at its first request, its first write and its last request."""
    methods = requests(operation)
    writes = [n for n, method in enumerate(methods) if method != "GET"]
    return sorted({0, *writes[:1], len(methods) - 1}) if methods else []


@dataclass(frozen=True)
class Ending:
    """How an operation ended whose request number `place` met a fault."""

    place: int
    method: str
    error: BaseException | None
    result: Any = None


def broken(operation: Operation, fault: Fault, place: int) -> Ending:
    """Do an operation whose request number `place`, and all after it, meet the fault."""
    account, network = fresh(operation.provider), ready(operation.provider).network
    last = len(requests(operation)) + 20
    network.breaks(fault, frozenset(range(place, last)))
    method = requests(operation)[place]
    try:
        result = operation.run(account)
    except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
        return Ending(place, method, error)
    finally:
        network.heals()
    return Ending(place, method, None, result)


def kind_at(operation: Operation, ending: Ending) -> str:
    """What a lost answer means at this place: before its first write, an action only reads."""
    return READ if operation.kind == ONCE and ending.method == "GET" else operation.kind


def is_html(text: str) -> bool:
    """Whether a web page came through."""
    return "<" in text and ">" in text
