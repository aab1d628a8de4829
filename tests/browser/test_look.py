"""How the pages look: on a phone, in the dark, and under the keyboard alone."""

import pytest

from tests.browser.conftest import LOCALES

PAGES = ("", "mapping", "sync", "records", "webhooks", "journal", "agents", "settings")
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def phone(running, chromium, signed_in, language, agent_id):
    """A phone set to dark; gives a page of the desk, opened and drawn."""
    context = chromium.new_context(
        locale=LOCALES[language], viewport=PHONE, storage_state=signed_in, color_scheme="dark"
    )
    page = context.new_page()

    def opened(path):
        page.goto(f"{running.url}/{path}?agent={agent_id}&lang={language}")
        page.get_by_test_id("stMain").get_by_role("heading").first.wait_for()
        page.locator("[data-test-script-state=running]").wait_for(state="detached")
        return page

    yield opened
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_never_scrolls_sideways(phone, path):
    main = phone(path).get_by_test_id("stMain")
    widths = main.evaluate("e => [e.scrollWidth, e.clientWidth, document.body.scrollWidth]")

    assert widths[0] <= widths[1]
    assert widths[2] <= PHONE["width"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_dark_when_the_system_is(phone, path):
    page = phone(path)
    ground = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    ink = page.get_by_role("heading").first.evaluate("e => getComputedStyle(e).color")

    assert max(_parts(ground)) < 60
    assert min(_parts(ink)) > 180
    assert page.get_by_test_id("stException").count() == 0


def test_the_keyboard_reaches_the_first_card_and_shows_where_it_is(walker):
    walker.open()
    page = walker.page
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        seen.append(focused.inner_text() if focused.count() else "")
        if seen[-1] in (walker.say("integrations.connect"), walker.say("integrations.configure")):
            break

    assert seen[-1] in (walker.say("integrations.connect"), walker.say("integrations.configure"))
    ring = page.locator(":focus").evaluate(
        "e => { const s = getComputedStyle(e); return s.boxShadow + ' ' + s.outlineStyle }"
    )
    assert ring != "none none"


def _parts(color):
    return [float(part) for part in color[color.index("(") + 1 : -1].split(",")[:3]]
