"""How the pages look: on a phone, in the dark, and under the keyboard alone."""

import pytest

from tests.browser.conftest import LOCALES

PAGES = (
    "",
    "mapping",
    "sync",
    "records",
    "webhooks",
    "approvals",
    "journal",
    "agents",
    "settings",
)
PHONE = {"width": 390, "height": 844}
# WCAG 2, level AA, for text of usual size.
READABLE = 4.5


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
def test_a_page_fits_a_phone_and_is_dark_when_the_system_is(phone, path):
    page = phone(path)
    main = page.get_by_test_id("stMain")
    widths = main.evaluate("e => [e.scrollWidth, e.clientWidth, document.body.scrollWidth]")
    ground = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    ink = page.get_by_role("heading").first.evaluate("e => getComputedStyle(e).color")

    assert widths[0] <= widths[1]
    assert widths[2] <= PHONE["width"]
    assert max(_parts(ground)) < 60
    assert min(_parts(ink)) > 180
    assert page.get_by_test_id("stException").count() == 0


def test_the_chosen_tab_can_be_read_in_the_dark(phone):
    page = phone("agents")
    chosen = page.locator("[data-testid=stTab][aria-selected=true] p").first
    ink = chosen.evaluate("e => getComputedStyle(e).color")
    ground = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")

    assert _contrast(_parts(ink), _parts(ground)) >= READABLE


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


def _contrast(one, other):
    """The ratio of WCAG 2 between two colours."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color):
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (p / 255 for p in color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parts(color):
    return [float(part) for part in color[color.index("(") + 1 : -1].split(",")[:3]]
