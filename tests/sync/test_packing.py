"""A record survives packing whole, and its digest changes only with its meaning."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dashboard.contracts import records
from dashboard.store.packing import pack, row, unpack

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
DEAL = records.Deal(
    external_id="1",
    updated_at=AT,
    title="Сделка",
    amount=Decimal("1E+3"),
    contact_ids=("7", "8"),
    owner_id="42",
    tags=("VIP",),
    vendor_fields={"b": 1, "a": ["x"]},
)


def changed(**values):
    return records.Deal(**{name: getattr(DEAL, name) for name in pack(DEAL)} | values)


def test_a_record_comes_back_as_it_was():
    assert unpack(records.Deal, pack(DEAL)) == DEAL


def test_members_of_another_time_are_left_out():
    assert unpack(records.Deal, {**pack(DEAL), "retired": 1}) == DEAL


def test_money_is_written_as_people_write_it():
    assert pack(DEAL)["amount"] == "1000"


def test_the_order_of_vendor_fields_is_no_change():
    assert row(changed(vendor_fields={"a": ["x"], "b": 1})).digest == row(DEAL).digest


@pytest.mark.parametrize(
    "values", [{"title": "Другая"}, {"tags": ()}, {"vendor_fields": {}}, {"amount": None}]
)
def test_any_difference_is_a_change(values):
    assert row(changed(**values)).digest != row(DEAL).digest


def test_search_finds_names_and_tags_but_no_references():
    search = row(DEAL).search

    assert "сделка" in search
    assert "vip" in search
    assert "42" not in search


@pytest.mark.parametrize(
    ("odd", "kept"),
    [(date(2026, 1, 2), "2026-01-02"), (Decimal("1.5"), "1.5"), (float("nan"), None)],
)
def test_odd_vendor_values_become_json(odd, kept):
    assert row(changed(vendor_fields={"odd": odd})).fields["vendor_fields"] == {"odd": kept}


@pytest.mark.parametrize(
    "vendor", [{"deep": {"b": 1, "a": 2}}, {"list": ["x", 1.5, None]}, {"text": "ы", "n": 10**20}]
)
def test_both_ways_of_writing_write_alike(vendor):
    packed = pack(changed(vendor_fields=vendor))

    assert row(changed(vendor_fields=vendor)).text == json.dumps(
        packed, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


def test_half_a_character_spoils_neither_the_record_nor_its_page():
    broken = row(changed(title="Анна \ud83d", vendor_fields={"note": "\ude00"}))

    assert broken.title == "Анна ?"
    assert broken.fields["vendor_fields"] == {"note": "?"}
    assert broken.text.encode()
