"""Sends one delivery once: signed anew each time, the same bytes always."""

from dashboard import clock
from dashboard.connections.open import Opened, Opener
from dashboard.contracts.errors import BadSignature, ProviderError, RateLimited, Refusal
from dashboard.jobs.limits import Share
from dashboard.kit.post import Posted, post
from dashboard.outbound.headers import complete, live_secrets
from dashboard.outbound.schedule import LONGEST_ASKED
from dashboard.outbound.tries import Try, judged
from dashboard.store.events import Delivery


def attempt(opener: Opener, delivery: Delivery) -> Try:
    """Carry a delivery to its receiver; how that ended, whatever happens."""
    try:
        with opener.open(delivery.connection_id, Share.BULK) as opened:
            opened.access.before_call()
            tried = judged(_posted(opened, delivery))
    except RateLimited as slow:
        return Try(code=slow.code, retry_after=slow.retry_after, uncounted=True)
    except Refusal as refusal:
        return Try(code=refusal.code, hopeless=True)
    except BadSignature:
        return Try(code="outbound.bad_secret", hopeless=True)
    except ProviderError as error:
        return Try(code="outbound.no_answer", answer=error.detail)
    if tried.retry_after:
        # Whoever asks for rest gets it from all workers and for all deliveries.
        rest = min(tried.retry_after, LONGEST_ASKED.total_seconds())
        opener.apply(delivery.connection_id, RateLimited(retry_after=rest))
    return tried


def _posted(opened: Opened, delivery: Delivery) -> Posted:
    said = opened.manifest.deliveries
    if said is None:
        raise Refusal("outbound.not_a_receiver", 409)
    values = {**opened.access.settings, **opened.access.credentials}
    extra = values.get(said.headers_field) or {}
    secrets = live_secrets(opened.access.credentials, said.secret_field, clock.now())
    headers = complete(extra, secrets, delivery)
    url = _address(opened, said.url_field, str(values.get(said.url_field, "")))
    return post(url, delivery.body, headers, transport=opened.access.transport)


def _address(opened: Opened, url_field: str, given: str) -> str:
    """Where to send: the address as typed, unless a sandbox or the operator stands in for it."""
    names = (n for n, origin in opened.manifest.hosts.items() if origin == f"{{{url_field}}}")
    moved = opened.access.hosts.get(next(names, ""), "")
    return given if moved in ("", given.rstrip("/")) else moved
