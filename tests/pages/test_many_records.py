"""Where there are more records than one search looks through, the page says so and goes on."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.store.reads_records import SEARCHED
from dashboard.store.sync import Record
from tests.pages.conftest import shown
from tests.pages.test_setup import press

WORDS = {
    "ru": (
        "0 записей. Поиск шёл по самым новым записям (5\xa0000)",
        "В просмотренных записях",
        "Искать и в более старых",
    ),
    "en": (
        "0 records. Only the newest 5,000 were searched",
        "None of the records",
        "Search older ones too",
    ),
}
ENOUGH = {"ru": "Подходит больше 1\xa0000 записей", "en": "More than 1,000 records fit"}


@pytest.fixture
def box(desk, linked):
    """Key of the search over more deals than are searched, of which number 0 is the oldest."""
    connection, now = linked("kommo"), clock.now()
    rows = [
        {
            "connection_id": connection,
            "stream": "deals",
            "external_id": f"x{number}",
            "title": f"Сделка {number}",
            "search": f"сделка номер{number}.",
            "digest": "",
            "fields": {},
            "updated_at": now + timedelta(seconds=number),
        }
        for number in range(SEARCHED + 5)
    ]
    with desk.store.transaction() as session:
        session.connection().execute(sa.insert(Record), rows)
    return f"records.{connection}.deals.search"


@pytest.mark.parametrize("language", WORDS)
def test_a_search_says_how_far_it_looked_and_looks_further(open_page, box, language):
    partly, nothing, further = WORDS[language]
    app = open_page("records", language=language)

    app.text_input(key=box).set_value("номер0.").run()
    assert partly in shown(app)
    assert nothing in shown(app)

    press(app, further)
    assert list(app.dataframe[0].value.iloc[:, 0]) == ["Сделка 0"]
    assert partly not in shown(app)

    app.text_input(key=box).set_value("номер1.").run()
    assert partly in shown(app)


@pytest.mark.parametrize("language", ENOUGH)
def test_a_search_that_finds_too_much_asks_for_another_word(open_page, box, language):
    app = open_page("records", language=language)

    app.text_input(key=box).set_value("сделка").run()

    assert ENOUGH[language] in shown(app)
    assert WORDS[language][2] not in {one.label for one in app.button}
    assert app.dataframe[0].value.iloc[0, 0] == f"Сделка {SEARCHED + 4}"
