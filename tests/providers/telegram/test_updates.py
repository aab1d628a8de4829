"""The one webhook of a bot, and the updates that come through it."""

import json

import pytest

from dashboard.contracts.errors import BadSignature, Rejected
from dashboard.contracts.events import Request, Trust
from providers.telegram import webhooks
from tests.providers.telegram.conftest import ANNA, HOOK, SECRET


def heard(world, inbound, trust, text="Добрый день"):
    delivery = inbound(world.play("customer_message", customer=ANNA, text=text))
    webhooks.verify(delivery, trust)
    return webhooks.parse(delivery, trust)[0]


def test_webhook_of_another_system_is_not_overwritten(world):
    world.play("other_system")
    with pytest.raises(Rejected) as refused:
        world.listen()

    assert refused.value.code == "webhook_taken"
    assert world.info()["url"].startswith("https://other-system.example")


def test_webhook_of_another_system_is_replaced_when_staff_say_so(world):
    world.play("other_system")
    world.settings["replace_webhook"] = True
    world.listen()

    assert world.info()["url"] == HOOK


def test_subscribing_again_keeps_the_webhook_and_takes_the_new_events(world):
    world.listen()
    world.listen(("message.received", "message.edited"))

    assert world.info()["url"] == HOOK
    assert "edited_message" in world.info()["allowed_updates"]


def test_opting_out_is_heard_whatever_events_were_chosen(world):
    world.listen(("message.received",))

    assert world.info()["allowed_updates"] == ["message", "channel_post", "my_chat_member"]


def test_disconnecting_leaves_a_foreign_webhook_alone(world):
    ours = world.listen()
    world.play("other_system")
    webhooks.unsubscribe(world.client, ours)

    assert world.info()["url"].startswith("https://other-system.example")


def test_disconnecting_removes_our_webhook_and_twice_is_no_error(world):
    ours = world.listen()
    webhooks.unsubscribe(world.client, ours)
    webhooks.unsubscribe(world.client, ours)

    assert world.info()["url"] == ""


def _fail_deliveries(state):
    now = webhooks.moments.to_unix(webhooks.moments.now())
    state["webhook"] |= {"last_error_date": now, "last_error_message": "Connection timed out"}
    state["updates"].append({"update_id": 1})


@pytest.mark.parametrize(
    ("drift", "word"),
    [
        (lambda _: None, ""),
        (lambda state: state["webhook"].update(url=""), "webhook_gone"),
        (lambda state: state["webhook"].update(url="https://x.test/"), "webhook_replaced"),
        (_fail_deliveries, "webhook_failing"),
    ],
)
def test_drift_of_the_webhook_is_named(world, drift, word):
    ours = world.listen()
    world.change(drift)

    assert webhooks.registered(world.client, ours, HOOK) == word


def test_message_becomes_a_conversation_and_a_message(world, inbound, trust):
    world.listen()
    event = heard(world, inbound, trust, "Есть ли доставка?")

    saved = dict(event.records)
    assert event.name == "message.received"
    assert saved["conversations"].customer_name == "Анна Смирнова"
    assert saved["messages"].text == "Есть ли доставка?"
    assert saved["messages"].external_id.startswith(f"{ANNA}:")
    assert saved["messages"].created_at.tzinfo


@pytest.mark.parametrize("text", ["/stop", "/STOP please", "/stop@sever_desk_bot"])
def test_stop_opts_out(world, inbound, trust, text):
    world.listen()

    assert dict(heard(world, inbound, trust, text).records)["conversations"].opted_out


@pytest.mark.parametrize(
    ("text", "said"),
    [("/stop", True), ("/start", False), ("Ещё вопрос", None), ("не /stop", None)],
)
def test_only_what_speaks_of_consent_changes_it(world, inbound, trust, text, said):
    world.listen()

    chat = dict(heard(world, inbound, trust, text).records)["conversations"]
    assert chat.opted_out is said


def test_blocking_opts_out_and_writing_again_opts_in(world, inbound, trust):
    world.listen()
    blocked = webhooks.parse(inbound(world.play("customer_blocks", customer=ANNA)), trust)[0]
    world.emitted.clear()
    world.play("customer_message", customer=ANNA, text="Я вернулась")
    returned = [webhooks.parse(inbound(one), trust)[0] for one in world.emitted]

    assert blocked.name == "conversation.changed"
    assert dict(blocked.records)["conversations"].opted_out
    assert [e.name for e in returned] == ["conversation.changed", "message.received"]
    assert not any(dict(e.records)["conversations"].opted_out for e in returned)


CHAT = {"id": -100123, "type": "channel", "title": "Новости", "username": "news"}
FILE = {"file_id": "BQAC1", "file_unique_id": "u", "file_name": "price.pdf"}


@pytest.mark.parametrize(
    ("kind", "about", "name", "media"),
    [
        (
            "channel_post",
            {"message_id": 5, "date": 1_790_000_000, "chat": CHAT, "text": "Скидки"},
            "message.received",
            "",
        ),
        (
            "edited_message",
            {
                "message_id": 5,
                "date": 1_790_000_000,
                "edit_date": 1_790_000_100,
                "chat": CHAT,
                "animation": FILE,
                "document": FILE,
            },
            "message.edited",
            "animation",
        ),
        (
            "message",
            {
                "message_id": 6,
                "date": 1_790_000_000,
                "chat": CHAT,
                "caption": "Фото",
                "photo": [{"file_id": "small"}, {"file_id": "large"}],
            },
            "message.received",
            "photo",
        ),
    ],
)
def test_kinds_of_message_are_read(trust, kind, about, name, media):
    body = json.dumps({"update_id": 77, kind: about}).encode()
    event = webhooks.parse(Request(method="POST", headers={}, body=body), trust)[0]

    message = dict(event.records)["messages"]
    assert (event.id, event.name, event.vendor_name) == ("77", name, kind)
    assert message.media_type == media
    assert message.media_id in ("", "BQAC1", "large")
    assert dict(event.records)["conversations"].url == "https://t.me/news"


def test_kind_that_is_not_known_yet_is_kept_as_unknown(trust):
    body = json.dumps({"update_id": 78, "subscription": {"id": "s"}}).encode()
    event = webhooks.parse(Request(method="POST", headers={}, body=body), trust)[0]

    assert (event.name, event.vendor_name, event.records) == ("unknown", "subscription", ())


def test_two_secrets_are_believed_while_one_replaces_the_other(world, inbound):
    world.listen()
    delivery = inbound(world.play("customer_message", customer=ANNA))
    webhooks.verify(delivery, Trust(secrets=("the-new-secret", SECRET)))

    with pytest.raises(BadSignature):
        webhooks.verify(delivery, Trust(secrets=("the-new-secret",)))


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_call_without_a_secret_to_compare_is_not_believed(secrets):
    empty = Request(method="POST", headers={webhooks.SECRET_HEADER: ""}, body=b"{}")

    with pytest.raises(BadSignature):
        webhooks.verify(empty, Trust(secrets=secrets))
