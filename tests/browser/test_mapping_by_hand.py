"""The mapping table is edited as a person does it, on the canvas of a real browser."""

import pytest

# Where the first cell is on the canvas: below the head, right of the row's mark.
FIRST_CELL = {"x": 80, "y": 52}


@pytest.fixture(scope="module")
def mapping(api, agent_id):
    """The saved mapping of Kommo's deals, by the API."""
    base = f"/agents/{agent_id}/integrations/kommo"
    if api.get(base).json().get("state") != "active":
        made = api.post(f"{base}/connect", json={"environment": "sandbox"})
        assert made.status_code == 201, made.text

    def read():
        answer = api.get(f"{base}/config")
        assert answer.status_code == 200, answer.text
        return answer.json()["mapping"]["deals"]

    return read


def test_a_cell_edited_by_hand_is_in_the_saved_version(walker, mapping):
    walker.open("/mapping")
    walker.page.get_by_test_id("stDataFrame").first.wait_for()
    _save(walker)
    before = mapping()

    walker.open("/mapping")
    _choose(walker, right=2, word=walker.say("shared.directions.to_vendor"))
    _save(walker)

    after = mapping()
    assert (before[0]["direction"], after[0]["direction"]) == ("both", "to_vendor")
    assert after[1:] == before[1:]


def test_the_hidden_table_of_screen_readers_holds_words_and_no_codes(walker, mapping):
    walker.open("/mapping")
    cells = walker.page.get_by_test_id("stDataFrame").first.locator("[role=gridcell]")
    cells.first.wait_for(state="attached")
    held = set(cells.all_text_contents())
    rows = mapping()

    assert {walker.say(f"mapping.field.{row['agent_field']}") for row in rows} <= held
    assert {walker.say(f"shared.directions.{row['direction']}") for row in rows} <= held
    assert walker.say("common.no") in held
    codes = ("agent_field", "vendor_field", "direction", "transform")
    assert not held & ({row[name] for row in rows for name in codes} | {"true", "false"})


def _save(walker):
    walker.press(walker.say("mappingpage.save"))
    walker.wait_for_text(walker.say("mappingpage.saved"))


def _choose(walker, *, right, word):
    """Open a cell of the first line and pick a word from its list."""
    page = walker.page
    table = page.get_by_test_id("stDataFrame").first
    table.locator("[role=gridcell]").first.wait_for(state="attached")
    table.click(position=FIRST_CELL)
    for _ in range(right):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator("#portal").get_by_text(word, exact=True).last.click()
    walker.settle()
