"""What a provider says about itself before any of its code runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from dashboard.contracts.forms import Field, Form, Kind, Step
from dashboard.contracts.records import Record


class Category(StrEnum):
    """The shelf a provider stands on; it fixes what the provider must offer."""

    CRM = "crm"
    CALENDAR = "calendar"
    MESSENGER = "messenger"
    EMAIL = "email"
    PAYMENTS = "payments"
    AUTOMATION = "automation"


@dataclass(frozen=True)
class Source:
    """Where a fact was read, and when it was last checked."""

    url: str
    read: date


@dataclass(frozen=True)
class Scope:
    """A permission asked of the user, and the streams, actions or events that need it."""

    name: str
    needed_by: tuple[str, ...]


@dataclass(frozen=True)
class Endpoint:
    """A path on one of the manifest's hosts."""

    host: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Pasted credentials. The fields that are not SECRET are kept in the open."""

    id: str = "keys"
    fields: tuple[Field, ...]
    source: Source


@dataclass(frozen=True, kw_only=True)
class OAuth2:
    """Authorization code grant. The app's client id and secret are kept per installation.

    Args:
        fields: Asked before the person leaves for the vendor, such as a subdomain.
        authorize_params: Sent to the consent page on top of the standard ones.
        standard_params: False when the vendor takes only `client_id` and `state`.
        json_body: The token endpoint takes JSON instead of a form.
        basic_auth: The app authenticates by HTTP Basic instead of in the body.
        callback_fields: Callback parameter -> field it fills, such as Kommo's `referer`.
        rotates: Each refresh answers with a new refresh token that replaces the old one.
    """

    id: str = "oauth"
    authorize: Endpoint
    token: Endpoint
    source: Source
    scopes: tuple[Scope, ...] = ()
    fields: tuple[Field, ...] = ()
    pkce: bool = True
    authorize_params: Mapping[str, str] = field(default_factory=dict)
    standard_params: bool = True
    json_body: bool = False
    basic_auth: bool = False
    callback_fields: Mapping[str, str] = field(default_factory=dict)
    rotates: bool = False


AuthMethod = Keys | OAuth2


@dataclass(frozen=True, kw_only=True)
class PageNumber:
    """Pages counted from `first`; the end is a short, empty or 204 page."""

    param: str = "page"
    size_param: str = "limit"
    size: int = 100
    first: int = 1


@dataclass(frozen=True, kw_only=True)
class NextToken:
    """Pages linked by a token: read it at `found_at`, send it as `param`."""

    param: str
    found_at: str
    size_param: str = ""
    size: int = 100


@dataclass(frozen=True, kw_only=True)
class AfterLast:
    """Pages linked by the last row's id, until `more_at` is false."""

    param: str
    id_at: str
    more_at: str
    size_param: str = "limit"
    size: int = 100


Paging = PageNumber | NextToken | AfterLast


class Since(StrEnum):
    """How a vendor writes the moment to read from."""

    UNIX = "unix"
    ISO = "iso"


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Incremental reading by change time.

    Args:
        param: Query parameter that takes the moment to read from.
        overlap: Read again this far back, since clocks and indexes lag; doubles are merged.
    """

    param: str
    form: Since
    overlap: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A flow of records of one kind.

    Three ways to read, in this order:
    1. `events_only`: records arrive by webhook or from actions; there is nothing to poll.
    2. `path`: the kit reads it as described and calls `streams.<name>(row, client) -> record`.
    3. otherwise `streams.<name>(client, cursor) -> Iterator[Page]` does it.

    Args:
        enabled_by: Setting that switches the stream; empty means always on.
        params: Constant query parameters, for way 2.
        items: Dotted path of the rows in a page, for way 2.
        writes: The mapping of this stream can be written to the vendor.
    """

    name: str
    record: type[Record]
    enabled_by: str = ""
    events_only: bool = False
    path: str = ""
    items: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    paging: Paging | None = None
    cursor: Cursor | None = None


@dataclass(frozen=True, kw_only=True)
class EventType:
    """An event people may choose: our word, and the vendor's words that it stands for."""

    name: str
    vendor: tuple[str, ...] = ()
    default: bool = True


class Proof(StrEnum):
    """Why an inbound call is believed; shown to people."""

    SIGNATURE = "signature"
    SECRET_HEADER = "secret_header"  # noqa: S105 - the name of a proof, not a secret
    SECRET_URL = "secret_url"  # noqa: S105 - likewise


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """How this vendor calls us.

    Args:
        subscribes: We register the URL through the vendor's API; otherwise a person pastes it.
        exclusive: The vendor keeps one URL per account, so a second agent would steal it.
        shows_secret: The person must copy our signing secret to the sender.
        renew_before: Register anew this long before `Subscription.expires_at`.
    """

    proof: Proof
    source: Source
    subscribes: bool = True
    exclusive: bool = False
    shows_secret: bool = False
    renew_before: timedelta = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Deliveries:
    """The provider receives the desk's own events, signed by Standard Webhooks.

    Args:
        url_field: The setting or credential with the receiver's address.
        secret_field: The credential with the `whsec_` secret; empty when the receiver has none.
        headers_field: The setting with extra headers, empty when there is none.
        order_field: The setting that says whether deliveries keep their order, empty when they
            never have to.
    """

    url_field: str
    secret_field: str = ""
    headers_field: str = ""
    order_field: str = ""


@dataclass(frozen=True)
class RateLimit:
    """The vendor's published ceiling per account."""

    requests: int
    per: timedelta
    source: Source


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything the catalogue, the set-up and the policy need to know.

    Args:
        hosts: Name -> origin. `{name}` parts are filled by the provider's `addresses(values)`.
        streams, actions, events: What it offers, in the words of its category.
        exempt: Word of the vocabulary that it lacks -> text key of the reason.
        paid_plan: Text key of a note about plans or prices, empty when none is needed.
    """

    id: str
    name: str
    category: Category
    hosts: Mapping[str, str]
    auth: tuple[AuthMethod, ...]
    steps: tuple[Step, ...]
    limit: RateLimit
    streams: tuple[Stream, ...] = ()
    actions: tuple[str, ...] = ()
    events: tuple[EventType, ...] = ()
    hooks: Hooks | None = None
    deliveries: Deliveries | None = None
    exempt: Mapping[str, str] = field(default_factory=dict)
    paid_plan: str = ""

    def method(self, method_id: str) -> AuthMethod | None:
        """The auth method of that id, or None."""
        return next((method for method in self.auth if method.id == method_id), None)

    def stream(self, name: str) -> Stream | None:
        """The stream of that name, or None."""
        return next((stream for stream in self.streams if stream.name == name), None)

    def settings_fields(self) -> tuple[Field, ...]:
        """All fields of all forms, in the order they are asked."""
        return tuple(f for step in self.steps if isinstance(step, Form) for f in step.fields)

    def usual_events(self) -> list[str]:
        """Events that are heard of until somebody chooses."""
        return [event.name for event in self.events if event.default]

    def secret_names(self) -> frozenset[str]:
        """Names of every field whose value must never be shown."""
        asked = [f for method in self.auth for f in method.fields]
        return frozenset(f.name for f in asked if f.kind is Kind.SECRET)

    def scopes(self, method_id: str) -> tuple[Scope, ...]:
        """The permissions a method asks for; empty for keys."""
        method = self.method(method_id)
        return method.scopes if isinstance(method, OAuth2) else ()

    def vendor_events(self, chosen: Sequence[str]) -> tuple[str, ...]:
        """The vendor's words behind our chosen events, each once, in the manifest's order."""
        words = [w for event in self.events if event.name in chosen for w in event.vendor]
        return tuple(dict.fromkeys(words))
