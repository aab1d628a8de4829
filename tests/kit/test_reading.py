"""Declared streams are read to their end, and can be gone on with from every cursor."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from dashboard.contracts.errors import Unavailable
from dashboard.contracts.manifest import AfterLast, Cursor, NextToken, PageNumber, Since, Stream
from dashboard.contracts.records import Contact
from dashboard.kit.access import Access
from dashboard.kit.http import Client
from dashboard.kit.reading import pages

ROWS = [{"id": str(n), "at": f"2026-11-{n:02}T10:00:00+00:00"} for n in range(1, 8)]


def contact(row, _client):
    return Contact(
        external_id=row["id"], title=row["id"], updated_at=datetime.fromisoformat(row["at"])
    )


def vendor(request):
    """Seven rows, three a page, linked in all three ways at once."""
    query = {k: v[0] for k, v in parse_qs(urlsplit(str(request.url)).query).items()}
    since = query.get("since", "")
    rows = [row for row in ROWS if row["at"] >= since.replace("Z", "+00:00")]
    start = int(query.get("token", (int(query.get("page", 1)) - 1) * 3))
    if "after" in query:
        start = next(i for i, row in enumerate(rows) if row["id"] == query["after"]) + 1
    found = rows[start : start + 3]
    more = start + 3 < len(rows)
    return httpx.Response(
        200, json={"items": found, "next": str(start + 3) if more else None, "more": more}
    )


def open_client(answer=vendor):
    access = Access(
        credentials={}, hosts={"api": "https://v.example"}, transport=httpx.MockTransport(answer)
    )
    return Client(access)


def stream(paging, cursor=None):
    return Stream(
        name="contacts", record=Contact, path="/c", items="items", paging=paging, cursor=cursor
    )


LINKS = [
    PageNumber(size=3),
    NextToken(param="token", found_at="next"),
    AfterLast(param="after", id_at="id", more_at="more", size=3),
]


@pytest.mark.parametrize("paging", LINKS)
def test_every_row_is_read_once(paging):
    found = [
        r.external_id for p in pages(open_client(), stream(paging), {}, contact) for r in p.records
    ]

    assert found == [row["id"] for row in ROWS]


@pytest.mark.parametrize("paging", LINKS)
def test_a_stopped_reading_goes_on_at_its_page(paging):
    first = next(pages(open_client(), stream(paging), {}, contact))

    rest = list(pages(open_client(), stream(paging), first.cursor, contact))
    ids = [r.external_id for p in [first, *rest] for r in p.records]
    assert ids == [row["id"] for row in ROWS]
    assert rest[-1].complete


def test_the_next_run_reads_from_the_newest_minus_the_overlap():
    said = stream(PageNumber(size=3), Cursor(param="since", form=Since.ISO))
    end = list(pages(open_client(), said, {}, contact))[-1].cursor

    again = list(pages(open_client(), said, end, contact))
    assert [r.external_id for p in again for r in p.records] == ["7"]
    assert not again[-1].complete
    assert again[-1].cursor == end


def test_an_unreadable_row_is_set_aside_and_named():
    def odd(_request):
        return httpx.Response(200, json={"items": [ROWS[0], {"id": "9", "at": None}]})

    [page] = pages(open_client(odd), stream(PageNumber(size=3)), {}, contact)
    assert [r.external_id for r in page.records] == ["1"]
    assert page.refused[0][0] == "9"


def test_an_empty_answer_is_an_empty_page():
    [page] = pages(
        open_client(lambda _: httpx.Response(204)), stream(PageNumber(size=3)), {}, contact
    )

    assert (page.records, page.complete) == ((), True)


def test_something_else_than_a_list_is_unavailable():
    with pytest.raises(Unavailable):
        list(
            pages(
                open_client(lambda _: httpx.Response(200, json={"items": "no"})),
                stream(None),
                {},
                contact,
            )
        )


def test_moments_are_utc():
    [page, *_] = pages(open_client(), stream(PageNumber(size=3)), {}, contact)

    assert page.records[0].updated_at == datetime(2026, 11, 1, 10, tzinfo=UTC)
