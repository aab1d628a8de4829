"""A wish is a wish, however alike; values take the shapes Kommo wants, the rest stays."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.contracts.errors import OutcomeUnknown, Rejected
from dashboard.kit import moments
from providers.kommo import client as kommo
from providers.kommo.fields import definitions, fields, written
from providers.kommo.people import normal

NEW_DEAL = {"title": "Окна в дом", "amount": "1500", "contact_id": "2000"}


def run(account, action_name, client=None, **arguments):
    action = account.action(action_name)
    request = action.takes.model_validate(arguments)
    return action.run(client or account.client, request, key="key-1")


def row(account, kind, row_id):
    return next(r for r in account.state()["rows"][kind] if str(r["id"]) == row_id)


def values(account, kind, row_id, field_id):
    shown = row(account, kind, row_id)["custom_fields_values"]
    return [f["values"] for f in shown if f["field_id"] == field_id]


@pytest.mark.parametrize(
    "typed", ["+79215550011", "8 (921) 555-00-11", "9215550011", "+7 921 555 00 11"]
)
def test_a_phone_is_found_however_it_was_typed(account, typed):
    found = run(account, "find_contact", phone=typed)

    assert [card.external_id for card in found.contacts] == ["2000"]


def test_a_hit_by_name_is_not_a_hit_by_phone(account):
    account.change(lambda state: state["rows"]["contacts"][5].update(name="Не звонить 9215550011"))

    found = run(account, "find_contact", phone="+79215550011")
    assert [card.external_id for card in found.contacts] == ["2000"]


def test_a_known_person_is_not_created_again(account):
    before = len(account.state()["rows"]["contacts"])

    made = run(account, "create_contact", name="Other", phone="8-921-555-00-11")
    assert (made.external_id, made.created) == ("2000", False)
    assert len(account.state()["rows"]["contacts"]) == before


def test_digits_that_are_no_phone_are_compared_as_digits():
    assert normal("доб. 12-34", "") == "1234"


def test_an_amount_with_a_fraction_is_refused_before_anything_is_sent(account):
    with pytest.raises(Rejected) as refused:
        run(account, "create_deal", title="Дробная", amount="10.50")

    assert (refused.value.code, refused.value.field) == ("price_not_integer", "amount")
    assert [r.method for r in account.network.requests if r.method != "GET"] == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("create_deal", NEW_DEAL),
        ("create_task", {"text": "Позвонить", "due_at": "2030-01-01T10:00:00+03:00"}),
        ("add_note", {"about": "deals", "about_id": "3000", "text": "Заметка"}),
    ],
)
def test_two_wishes_of_the_same_words_make_two(account, name, arguments):
    action = account.action(name)
    request = action.takes.model_validate(arguments)
    first, second = (action.run(account.client, request, key=key) for key in ("one", "two"))

    assert first.external_id != second.external_id


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("create_contact", {"name": "Без телефона"}),
        ("create_contact", {"name": "Кто-то", "email": "nobody@example.com"}),
        ("create_deal", NEW_DEAL),
        ("create_task", {"text": "Позвонить", "due_at": "2030-01-01T10:00:00+03:00"}),
        ("add_note", {"about": "deals", "about_id": "3000", "text": "Заметка"}),
    ],
)
def test_what_never_arrived_is_known_to_be_missing(account, name, arguments):
    action = account.action(name)
    request = action.takes.model_validate(arguments)

    assert action.lookup(account.client, request, "key-1", moments.now()) is None


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("create_deal", NEW_DEAL),
        ("create_task", {"text": "Позвонить", "due_at": "2030-01-01T10:00:00+03:00"}),
        ("add_note", {"about": "deals", "about_id": "3000", "text": "Заметка"}),
    ],
)
def test_what_a_lost_answer_told_of_is_found(account, name, arguments):
    action = account.action(name)
    request = action.takes.model_validate(arguments)
    began = moments.now()
    made = action.run(account.client, request, key="one")

    assert action.lookup(account.client, request, "one", began) == made


def test_too_many_new_rows_leave_the_outcome_unknown(account):
    now = moments.to_unix(moments.now())
    account.change(lambda state: [r.update(created_at=now) for r in state["rows"]["leads"]])
    action = account.action("create_deal")
    request = action.takes.model_validate(NEW_DEAL)

    with pytest.raises(OutcomeUnknown):
        action.lookup(account.client, request, "key-1", moments.now() - timedelta(seconds=5))


def test_a_new_phone_comes_first_and_the_old_ones_stay(account):
    run(account, "update_contact", contact_id="2000", phone="+79990001122")
    kept = values(account, "contacts", "2000", 82_002)[0]

    assert [v["value"] for v in kept] == ["+79990001122", "+7 (921) 555-00-11"]


def test_tags_that_were_there_stay(account):
    run(account, "add_tags", about="deals", about_id="3000", tags=["vip"])

    saved = run(account, "add_tags", about="deals", about_id="3000", tags=["срочно", "vip"])
    assert saved.tags == ["vip", "срочно"]


def test_defaults_of_the_settings_go_to_a_new_deal(account):
    chosen = {"default_pipeline": "7200", "default_owner": "500003"}
    settings = {**account.client.settings, **chosen}
    client = kommo.connect(replace(account.client.access, settings=settings))

    made = run(account, "create_deal", client, title="Партнёрская")
    made_row = row(account, "leads", made.external_id)
    assert (made_row["pipeline_id"], made_row["responsible_user_id"]) == (7_200, 500_003)


def test_a_stage_alone_finds_its_pipeline(account):
    made = run(account, "create_deal", title="Этап", stage_id="7204")

    assert row(account, "leads", made.external_id)["pipeline_id"] == 7_200


def test_the_vendors_reason_reaches_the_person(account):
    with pytest.raises(Rejected) as refused:
        run(account, "move_deal", deal_id="3000", stage_id="7203", pipeline_id="7100")

    assert refused.value.reason == "status_id: No such stage in the pipeline."


@pytest.mark.parametrize(
    ("name", "given", "sent"),
    [
        ("81001", "Returning", [{"enum_id": 810011}]),
        ("81001", "810012", [{"enum_id": 810012}]),
        ("81002", ["Окна", "Doors"], [{"enum_id": 810020}, {"enum_id": 810021}]),
        ("81003", 42, [{"value": "42"}]),
        ("81004", "2027-01-31", [{"value": 1_801_342_800}]),  # midnight in Moscow
        ("81005", "2027-01-31T12:00:00+00:00", [{"value": 1_801_396_800}]),
        ("81006", "true", [{"value": True}]),
        ("81009", "99.90", [{"value": "99.90"}]),
        (
            "81011",
            {"city": "Казань", "zip": "420000"},
            [{"value": "Казань", "enum_code": "city"}, {"value": "420000", "enum_code": "zip"}],
        ),
        ("UTM_SOURCE", "ads", [{"value": "ads"}]),
        ("81008", "", None),
    ],
)
def test_a_value_takes_the_shape_of_its_field(account, name, given, sent):
    [field] = written(account.client, "deals", {name: given})["custom_fields_values"]

    assert field["values"] == sent


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("99999", "x", "field_unknown"),
        ("81013", "x", "field_read_only"),
        ("created_at", "2027-01-01", "field_read_only"),
        ("price", "10.5", "field_not_integer"),
        ("81001", "Нет такого", "field_bad_value"),
        ("81001", ["Новый", "Returning"], "field_bad_value"),
        ("81004", "завтра", "field_bad_value"),
        ("81006", "maybe", "field_bad_value"),
        ("81003", "много", "field_bad_value"),
    ],
)
def test_a_value_that_cannot_be_written_names_its_field(account, name, given, code):
    with pytest.raises(Rejected) as refused:
        written(account.client, "deals", {name: given})

    assert (refused.value.code, refused.value.field) == (code, name)


def test_a_date_written_is_the_date_read(account):
    run(account, "update_deal", deal_id="3000", custom_fields={"81004": "2027-01-31"})
    fresh = account.part("streams").fetch(account.client, "deals", "3000")

    assert fresh.vendor_fields["81004"] == "2027-01-31"
    assert account.client.zone == ZoneInfo("Europe/Moscow")


def test_fields_are_described_for_the_mapping(account):
    known = {field.name: field for field in fields(account.client, "deals")}

    assert known["81001"].options == (("Новый",) * 2, ("Returning",) * 2, ("Партнёр",) * 2)
    assert known["81004"].required
    assert known["81013"].read_only
    assert not known["81012"].read_only  # closed to people, open to the API
    assert dict(known["status_id"].options)["7203"] == "Partners: Qualified"
    assert len(definitions(account.client, "deals")) == 15


@pytest.mark.parametrize("count", [250, 251, 600])
def test_a_list_of_fields_is_read_whole(account, count):
    def grow(state):
        one = state["fields"]["leads"][13]
        state["fields"]["leads"] = [{**one, "id": 90_000 + n} for n in range(count)]

    account.change(grow)
    assert len(definitions(account.client, "deals")) == count


@pytest.mark.parametrize("odd", ["", "x1", "12 3", "-5", "１２"])
def test_an_id_that_is_no_number_never_reaches_an_address(account, odd):
    action = account.action("move_deal")
    request = action.takes.model_construct(deal_id=odd, stage_id="142", pipeline_id="")

    with pytest.raises(Rejected, match="not_an_id"):
        action.run(account.client, request, key="k")
