"""Every stream gives its records whole, stops anywhere, and goes on without gap or double."""

import itertools
from datetime import timedelta

import pytest

from dashboard import registry

STREAMS = [
    pytest.param(provider, stream.name, id=f"{provider}-{stream.name}")
    for provider in registry.ids()
    for stream in registry.manifest(provider).streams
    if not stream.events_only
]
each_stream = pytest.mark.parametrize(("provider", "stream"), STREAMS)


@each_stream
def test_every_row_becomes_the_declared_record(account, stream):
    said = account.manifest.stream(stream)

    pages = account.pages(stream)
    records = [record for page in pages for record in page.records]
    assert len(records) >= 2
    assert all(isinstance(record, said.record) for record in records)
    assert all(r.updated_at.utcoffset() == timedelta(0) for r in records)
    assert all(record.external_id and record.title for record in records)
    assert [page.refused for page in pages if page.refused] == []


@each_stream
def test_no_record_comes_twice_in_one_reading(account, stream):
    ids = [record.external_id for record in account.records(stream)]

    assert len(set(ids)) == len(ids)


@each_stream
def test_a_full_reading_says_that_it_is_complete(account, stream):
    pages = account.pages(stream)

    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]


@each_stream
def test_a_stopped_reading_goes_on_without_gap_or_double(account, stream):
    whole = account.pages(stream)
    everything = [r.external_id for page in whole for r in page.records]
    stops = [page.cursor for page in whole[:-1]]

    for place, cursor in enumerate(stops, start=1):
        before = [r.external_id for page in whole[:place] for r in page.records]
        after = [r.external_id for p in account.pages(stream, cursor) for r in p.records]
        assert set(before) | set(after) == set(everything)


@each_stream
def test_reading_again_from_the_end_brings_only_the_overlap(account, stream):
    pages = account.pages(stream)
    again = account.pages(stream, pages[-1].cursor)

    fresh = {r.external_id for p in again for r in p.records}
    everything = {r.external_id for p in pages for r in p.records}
    assert fresh <= everything
    assert again[-1].cursor or not pages[-1].cursor


@pytest.mark.parametrize("provider", registry.ids())
def test_some_stream_needs_several_pages(account):
    polled = [s.name for s in account.manifest.streams if not s.events_only]
    counts = [len(account.pages(stream)) for stream in polled]

    assert not polled or max(counts) > 1


@each_stream
def test_cursors_are_plain_json(account, stream):
    cursors = [page.cursor for page in account.pages(stream)]
    leaves = itertools.chain.from_iterable(_leaves(cursor) for cursor in cursors)

    assert all(isinstance(leaf, str | int | float | bool | None) for leaf in leaves)


def _leaves(value):
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in _leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(one)]
    return [value]
