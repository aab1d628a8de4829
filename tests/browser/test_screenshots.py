"""The pictures of the README, taken from a desk at work.

They are taken with README_SHOTS=1 and written to `.streamlit/static`.
"""

import os
import time

import pytest

from tests.browser.conftest import LOCALES, ROOT
from tests.browser.walker import Walker

WIDE = {"width": 1280, "height": 860}
# Taller than a phone, so that the cards below the filters are seen too.
PHONE = {"width": 390, "height": 1300}
LARGEST = 150_000
# A picture of nothing compresses to less.
SMALLEST = 12_000


pytestmark = pytest.mark.skipif(
    os.environ.get("README_SHOTS") != "1", reason="the README's pictures are taken by hand"
)


@pytest.fixture(scope="module")
def shots():
    return ROOT / ".streamlit/static"


@pytest.fixture(scope="module")
def shop(api):
    """An agent with several connections, one of which has records."""
    made = api.post("/agents", json={"name": "Sales · Продажи"}).json()["id"]
    for provider in ("kommo", "telegram", "stripe"):
        base = f"/agents/{made}/integrations/{provider}"
        answer = api.post(f"{base}/connect", json={"environment": "sandbox"})
        assert answer.status_code == 201, answer.text
    _until_synced(api, f"/agents/{made}/integrations/kommo/sync")
    return made


@pytest.fixture
def window(running, chromium, signed_in, shop):
    """window(language, scheme, viewport): a person who looks at that agent."""
    opened = []

    def made(language, scheme="light", viewport=WIDE):
        context = chromium.new_context(
            locale=LOCALES[language],
            color_scheme=scheme,
            viewport=viewport,
            storage_state=signed_in,
        )
        opened.append(context)
        return Walker(context.new_page(), running.url, language, shop)

    yield made
    for context in opened:
        context.close()


@pytest.mark.parametrize(
    ("name", "language", "scheme", "viewport"),
    [
        ("integrations-en-light", "en", "light", WIDE),
        ("integrations-ru-dark", "ru", "dark", WIDE),
        ("integrations-ru-390", "ru", "light", PHONE),
    ],
)
def test_the_grid(window, shots, name, language, scheme, viewport):
    walker = window(language, scheme, viewport)
    walker.open()

    _take(walker, shots / f"{name}.png")


def test_the_mapping_step_of_set_up(window, shots, api):
    walker = window("en")
    walker.agent_id = api.post("/agents", json={"name": "Sales"}).json()["id"]
    walker.choose_sandbox("kommo")
    walker.press(walker.say("setup.connect"), walker.dialog)
    walker.wait_for_text(walker.say("shared.fields.sync_deals"))
    walker.next()
    walker.dialog.get_by_test_id("stDataFrame").first.wait_for()

    _take(walker, shots / "setup-mapping-en.png")


def test_the_sync_page(window, shots):
    walker = window("en")
    walker.open("/sync")

    _take(walker, shots / "sync-en.png")


def _take(walker, path):
    walker.settle()
    walker.page.screenshot(path=path)
    _shrink(path)

    assert SMALLEST < path.stat().st_size < LARGEST


def _shrink(path):
    """Fewer colours where the imaging library is at hand."""
    image = pytest.importorskip("PIL.Image")
    with image.open(path) as picture:
        fewer = picture.convert("RGB").quantize(192, dither=image.Dither.NONE)
    fewer.save(path, optimize=True)


def _until_synced(api, path):
    for _ in range(150):
        runs = api.get(path).json()["runs"]
        if runs and runs[0]["state"] == "succeeded":
            return
        time.sleep(0.2)
    raise AssertionError("the first sync did not end")
