"""The single checks of a connection test. Each asks the vendor one thing and says what it saw."""

from collections.abc import Callable, Iterator
from functools import partial

from dashboard import registry
from dashboard.connections.open import Opened
from dashboard.connections.reach import effective
from dashboard.connections.schedule import enabled_streams
from dashboard.contracts.accounts import Account, Check
from dashboard.contracts.errors import AuthExpired, ProviderError
from dashboard.contracts.forms import MapFields
from dashboard.contracts.manifest import Manifest
from dashboard.kit.reading import Page, pages
from dashboard.store.connections import Connection

Probe = Callable[[], str]


def account(opened: Opened) -> tuple[Account, Check]:
    """Whose account answers; another one than before is a failed check.

    Raises:
        ProviderError: Nobody answers; nothing else is worth asking then.
    """
    client = registry.part(opened.manifest.id, "client")
    found: Account = client.identify(opened.client)
    same = opened.connection.account_id in ("", found.id)
    return found, Check(name="account", ok=same, detail=found.name)


def scopes(manifest: Manifest, row: Connection) -> list[Check]:
    """Granted against needed rights; one failed check for each thing that will not work."""
    needed = manifest.scopes(row.method)
    if not needed:
        return []
    missing = [scope for scope in needed if scope.name not in row.granted_scopes]
    names = ", ".join(scope.name for scope in missing or needed)
    lost = {word: scope.name for scope in missing for word in scope.needed_by}
    on = enabled_streams(manifest, effective(manifest, row))
    off = {stream.name for stream in manifest.streams} - set(on)
    return [
        Check(name="scopes", ok=not missing, detail=names),
        *(
            Check(name=f"{_sort(manifest, word)}.{word}", ok=False, detail=scope)
            for word, scope in lost.items()
            if word not in off
        ),
    ]


def streams(opened: Opened) -> Iterator[Check]:
    """Each enabled stream gives its first page."""
    for name in enabled_streams(opened.manifest, opened.client.settings):
        yield tried(f"stream.{name}", partial(_first_page, opened, name))


def fields(opened: Opened) -> Iterator[Check]:
    """The field lists that the mapping offers can be read."""
    if not registry.has_part(opened.manifest.id, "fields"):
        return
    enabled = enabled_streams(opened.manifest, opened.client.settings)
    steps = [step for step in opened.manifest.steps if isinstance(step, MapFields)]
    for name in (name for step in steps for name in step.streams if name in enabled):
        yield tried(f"fields.{name}", partial(_field_count, opened, name))


def choices(opened: Opened) -> Iterator[Check]:
    """What was chosen from the vendor's own lists is still in them."""
    client = registry.part(opened.manifest.id, "client")
    for asked in opened.manifest.settings_fields():
        chosen = opened.client.settings.get(asked.name)
        if not asked.choices_from or not chosen:
            continue
        wanted = chosen if isinstance(chosen, list) else [chosen]
        try:
            listed = {c.value: c.label for c in client.choices(opened.client, asked.choices_from)}
        except AuthExpired:
            raise
        except ProviderError as error:
            yield failed(f"setting.{asked.name}", error)
            continue
        gone = [one for one in wanted if one not in listed]
        shown = ", ".join(gone or [listed[one] for one in wanted])
        yield Check(name=f"setting.{asked.name}", ok=not gone, detail=shown)


def own(opened: Opened) -> list[Check]:
    """The provider's own proofs."""
    find = getattr(registry.part(opened.manifest.id, "client"), "checks", None)
    try:
        return list(find(opened.client)) if find else []
    except AuthExpired:
        raise
    except ProviderError as error:
        return [failed("own", error)]


def tried(name: str, probe: Probe) -> Check:
    """The probe as a check; dead credentials still end the whole test.

    Raises:
        AuthExpired: The credentials died on the way.
    """
    try:
        return Check(name=name, ok=True, detail=probe())
    except AuthExpired:
        raise
    except ProviderError as error:
        return failed(name, error)


def failed(name: str, error: ProviderError) -> Check:
    """The failure in the vendor's own words, or in ours when it said nothing."""
    return Check(name=name, ok=False, detail=error.reason or error.detail or error.code)


def _sort(manifest: Manifest, word: str) -> str:
    if manifest.stream(word):
        return "stream"
    return "action" if word in manifest.actions else "event"


def _first_page(opened: Opened, name: str) -> str:
    stream = opened.manifest.stream(name)
    read = getattr(registry.part(opened.manifest.id, "streams"), name)
    if stream is None:
        return ""
    found = pages(opened.client, stream, {}, read) if stream.path else read(opened.client, {})
    first: Page = next(iter(found), Page())
    return str(len(first.records) if first.total is None else first.total)


def _field_count(opened: Opened, name: str) -> str:
    return str(len(registry.part(opened.manifest.id, "fields").fields(opened.client, name)))
