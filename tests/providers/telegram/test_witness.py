"""The sandbox under python-telegram-bot, over real HTTP."""

import asyncio
import json

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import Conflict, Forbidden, InvalidToken
from telegram.request import HTTPXRequest

CHAT = 510000000
HOOK = "https://desk.example/hooks/one"


@pytest.fixture
def with_bot(world, served):
    """Run `work(bot)` with the official client pointed at the sandbox."""

    def run(work, token=None):
        async def inside():
            bot = Bot(
                token or world.token,
                base_url=f"{served}/api/bot",
                base_file_url=f"{served}/api/file/bot",
                request=HTTPXRequest(httpx_kwargs={"trust_env": False}),
            )
            async with bot:
                return await work(bot)

        return asyncio.run(inside())

    return run


def test_bot_knows_itself(with_bot):
    me = with_bot(lambda bot: bot.get_me())

    assert me.is_bot
    assert me.can_read_all_group_messages is False


def test_wrong_token_is_refused(with_bot):
    with pytest.raises(InvalidToken):
        with_bot(lambda bot: bot.get_me(), token="7100000000:" + "Z" * 35)


def test_webhook_is_set_described_and_deleted(with_bot):
    async def work(bot):
        await bot.set_webhook(
            HOOK, allowed_updates=["message"], secret_token="s_1", max_connections=7
        )
        info = await bot.get_webhook_info()
        with pytest.raises(Conflict):
            await bot.get_updates()
        await bot.delete_webhook()
        return info, await bot.get_webhook_info()

    info, after = with_bot(work)

    assert (info.url, info.max_connections, info.allowed_updates) == (HOOK, 7, ("message",))
    assert not info.has_custom_certificate
    assert after.url == ""


def test_messages_are_sent_edited_and_deleted(with_bot):
    buttons = InlineKeyboardMarkup([[InlineKeyboardButton("Сайт", url="https://example.com")]])

    async def work(bot):
        await bot.send_chat_action(CHAT, "typing")
        sent = await bot.send_message(CHAT, "Здравствуйте", reply_markup=buttons)
        answer = await bot.send_message(CHAT, "Да", reply_to_message_id=sent.message_id)
        edited = await bot.edit_message_text("Добрый день", CHAT, sent.message_id)
        return answer, edited, await bot.delete_message(CHAT, sent.message_id)

    answer, edited, deleted = with_bot(work)

    assert answer.reply_to_message.text == "Здравствуйте"
    assert edited.text == "Добрый день"
    assert edited.edit_date
    assert deleted


def test_media_is_sent_by_address_and_by_upload(with_bot):
    async def work(bot):
        photo = await bot.send_photo(CHAT, "https://example.com/a.jpg", caption="Фото")
        document = await bot.send_document(CHAT, b"%PDF-1.7 sample", filename="price.pdf")
        video = await bot.send_video(CHAT, "https://example.com/a.mp4")
        audio = await bot.send_audio(CHAT, "https://example.com/a.mp3")
        file = await bot.get_file(document.document.file_id)
        return photo, video, audio, bytes(await file.download_as_bytearray())

    photo, video, audio, content = with_bot(work)

    assert photo.caption == "Фото"
    assert photo.photo[-1].file_id
    assert video.video.file_id
    assert audio.audio.file_id
    assert content


def test_chats_are_described_and_blocked_bots_refused(world, with_bot):
    world.play("customer_blocks", customer=str(CHAT))

    async def work(bot):
        with pytest.raises(Forbidden):
            await bot.send_message(CHAT, "Здравствуйте")
        return await bot.get_chat(CHAT)

    assert with_bot(work).first_name == "Анна"


def test_every_update_is_understood(world, with_bot):
    with_bot(lambda bot: bot.set_webhook(HOOK, secret_token="s_2"))
    world.play("customer_message", customer=str(CHAT), text="/start promo")
    world.play("customer_blocks", customer=str(CHAT))
    world.play("customer_message", customer=str(CHAT), text="Снова здесь")

    updates = [Update.de_json(json.loads(e.body), None) for e in world.emitted]
    assert [bool(u.message) for u in updates] == [True, False, False, True]
    assert updates[0].message.entities[0].type == "bot_command"
    assert [u.my_chat_member.new_chat_member.status for u in updates[1:3]] == ["kicked", "member"]
    assert {e.headers["x-telegram-bot-api-secret-token"] for e in world.emitted} == {"s_2"}


def test_updates_are_polled_and_acknowledged(world, with_bot):
    world.play("customer_message", customer=str(CHAT), text="Первое")
    world.play("customer_message", customer=str(CHAT), text="Второе")

    async def work(bot):
        first = await bot.get_updates(limit=1)
        return first, await bot.get_updates(offset=first[0].update_id + 1)

    first, rest = with_bot(work)

    assert [u.message.text for u in (*first, *rest)] == ["Первое", "Второе"]
