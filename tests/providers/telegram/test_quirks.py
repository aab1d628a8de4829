"""What Telegram does oddly: errors in prose, ids that move, a token in every path."""

import logging

import httpx
import pytest

from dashboard.contracts.errors import (
    AuthExpired,
    OutcomeUnknown,
    PermissionMissing,
    RateLimited,
    Rejected,
    Unavailable,
)
from dashboard.contracts.messenger import SendMedia, SendText
from providers.telegram import actions, client, webhooks
from tests.providers.telegram.conftest import ANNA

JAMES, OLD_GROUP = "510087109", "-4001220"


def test_account_is_the_bot_and_says_what_it_sees(world):
    account = client.identify(world.client)

    assert account.id == world.token.split(":")[0]
    assert account.url.startswith("https://t.me/sever_desk_")
    assert account.details == {"privacy_mode": "on", "can_join_groups": "yes"}


@pytest.mark.parametrize("token", ["7100000000:" + "B" * 35, "no-such-token"])
def test_withdrawn_and_malformed_tokens_both_ask_for_a_new_one(world, token):
    with pytest.raises(AuthExpired) as refused:
        client.identify(world.connect({"bot_token": token}))

    assert refused.value.code == "wrong_token"


def test_revoked_token_works_again_once_replaced(world):
    old = world.client
    world.change(lambda state: world.shelf.sandbox.fault(state, "revoke"))
    with pytest.raises(AuthExpired):
        client.identify(old)

    assert client.identify(world.client).name


def test_only_the_owner_can_withdraw_a_token(world):
    revocation = client.revoke(world.client)

    assert not revocation.revoked
    assert revocation.manual_url == "https://t.me/BotFather"


def test_token_is_in_no_error_and_no_log(world, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Rejected) as refused:
        world.say(chat="999")

    token = world.token
    assert token not in repr(refused.value) + str(refused.value) + refused.value.detail
    assert "/sendMessage" in refused.value.detail
    assert token not in caplog.text


def test_text_is_sent_as_typed_with_a_quote(world):
    first = world.say("Цена <b>не</b> меняется_")
    second = world.say("Да", reply_to=first.external_id, silent=True)

    sent = world.chats()[ANNA]["messages"][-2:]
    assert sent[0]["text"] == "Цена <b>не</b> меняется_"
    assert sent[1]["reply_to_message"]["message_id"] == sent[0]["message_id"]
    assert second.external_id == f"{ANNA}:{sent[1]['message_id']}"
    assert second.sent_at.tzinfo


@pytest.mark.parametrize("kind", ["photo", "document", "video", "audio"])
def test_media_is_sent_by_address_with_a_caption(world, kind):
    request = SendMedia(
        conversation_id=ANNA, kind=kind, url="https://example.com/a.bin", caption="Прайс"
    )
    actions.send_media.run(world.client, request, key="k")

    message = world.chats()[ANNA]["messages"][-1]
    assert kind in message
    assert message["caption"] == "Прайс"


def test_group_that_became_a_supergroup_is_followed_once(world):
    sent = world.say(chat=OLD_GROUP)

    assert sent.conversation_id == "-1002100400500"


def test_blocked_bot_is_told_apart_and_sending_works_after_return(world):
    world.play("customer_blocks", customer=ANNA)
    with pytest.raises(Rejected) as refused:
        world.say()
    world.play("customer_message", customer=ANNA)

    assert refused.value.code == "blocked_by_user"
    assert world.say().external_id


def test_bot_cannot_write_first(world):
    with pytest.raises(PermissionMissing) as refused:
        world.say(chat=JAMES)

    assert refused.value.code == "chat_not_started"


def test_quote_must_be_a_message_number(world):
    with pytest.raises(Rejected) as refused:
        world.say(reply_to="wamid.abc")

    assert (refused.value.code, refused.value.field) == ("bad_message_id", "reply_to")


def test_lost_answer_of_a_message_is_unknown_and_nothing_is_sent_twice(world):
    before = len(world.chats()[ANNA]["messages"])
    world.change(lambda state: world.shelf.sandbox.fault(state, "lose_reply"))
    with pytest.raises(OutcomeUnknown):
        world.say()

    assert len(world.chats()[ANNA]["messages"]) == before + 1


@pytest.mark.parametrize(
    ("code", "description", "word", "key"),
    [
        (403, "Forbidden: user is deactivated", Rejected, "user_deactivated"),
        (
            403,
            "Forbidden: bot was kicked from the group chat",
            PermissionMissing,
            "bot_not_in_chat",
        ),
        (
            403,
            "Forbidden: bots can't send messages to bots",
            PermissionMissing,
            "permission_missing",
        ),
        (
            400,
            "Bad Request: not enough rights to send text",
            PermissionMissing,
            "no_rights_in_chat",
        ),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", PermissionMissing, "no_rights_in_chat"),
        (400, "Bad Request: message is too long", Rejected, "bad_text"),
        (400, "Bad Request: wrong type of the web page content", Rejected, "media_unreachable"),
        (400, "Bad Request: something new", Rejected, "rejected"),
        (409, "Conflict: terminated by other getUpdates request", Rejected, "conflict"),
        (421, "Misdirected Request", Rejected, "other_server"),
    ],
)
def test_description_decides_the_word(answering, code, description, word, key):
    body = {"ok": False, "error_code": code, "description": description}
    with pytest.raises(word) as refused:
        client.read(answering(code, json=body), "getChat")

    assert refused.value.code == key
    assert refused.value.reason == description


def test_pause_is_read_from_the_body(answering):
    body = {"ok": False, "error_code": 429, "parameters": {"retry_after": 7}}
    with pytest.raises(RateLimited) as refused:
        client.read(answering(429, json=body), "getMe")

    assert refused.value.retry_after == 7


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_gateway_page_is_no_answer(answering, status):
    with pytest.raises(Unavailable):
        client.read(answering(status, html="<h1>Bad Gateway</h1>"), "getMe")


@pytest.mark.parametrize("answer", [{"html": "<h1>ok</h1>"}, {"json": [1]}, {"json": {"ok": True}}])
def test_unreadable_answer_to_a_message_is_unknown(answering, answer):
    request = SendText(conversation_id="1", text="x")
    with pytest.raises(OutcomeUnknown):
        actions.send_text.run(answering(200, **answer), request, key="k")


@pytest.mark.parametrize("status", [500, 502, 504])
def test_gateway_error_on_sending_may_hide_a_sent_message(answering, status):
    request = SendText(conversation_id="1", text="x")
    with pytest.raises(OutcomeUnknown):
        actions.send_text.run(answering(status, html="<h1>oops</h1>"), request, key="k")


def test_entity_too_large_need_not_be_json(answering):
    with pytest.raises(Rejected) as refused:
        client.write(answering(413, html="<h1>413</h1>"), "sendPhoto")

    assert refused.value.code == "too_large"


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("sendMessage", {"text": "no chat"}),
        ("sendMessage", {"chat_id": 510000000, "text": "x", "reply_to_message_id": 4}),
        ("sendMessage", {"chat_id": 510000000, "text": "x" * 4097}),
        ("sendPhoto", {"chat_id": 510000000, "photo": 17}),
        ("setWebhook", {"url": "http://insecure.example/hook"}),
        ("setWebhook", {"url": "https://odd-port.example:8000/hook"}),
    ],
)
def test_sandbox_refuses_what_is_not_documented(world, method, body):
    with pytest.raises(Rejected):
        client.write(world.client, method, body)


def test_polling_is_refused_while_a_webhook_is_set(world):
    world.listen()
    with pytest.raises(Rejected) as refused:
        client.read(world.client, "getUpdates")

    assert refused.value.code == "conflict"


def test_updates_wait_until_there_is_a_webhook(world, inbound, trust):
    world.play("customer_message", customer=ANNA, text="Вы открыты?")
    world.listen()

    assert [webhooks.parse(inbound(e), trust)[0].name for e in world.emitted] == [
        "message.received"
    ]


def test_page_shows_what_was_written(world):
    world.say("Ответ <агента>")
    page = httpx.Client(transport=world.client.access.transport).get(
        world.client.access.hosts["api"] + "/chats"
    )

    assert "Ответ &lt;агента&gt;" in page.text


@pytest.mark.parametrize("odd", ["--5", "-", "²", "9" * 100])
def test_what_is_no_chat_is_refused_by_the_vendor(world, odd):
    with pytest.raises(Rejected) as refused:
        actions.send_text.run(world.client, SendText(conversation_id=odd, text="x"), key="k")

    assert refused.value.code == "chat_not_found"


@pytest.mark.parametrize("odd", ["²", "9" * 5000, "12:x", "-1"])
def test_what_is_no_message_number_is_refused_here(world, odd):
    request = SendText(conversation_id=ANNA, text="x", reply_to=odd)
    with pytest.raises(Rejected) as refused:
        actions.send_text.run(world.client, request, key="k")

    assert refused.value.code == "bad_message_id"
