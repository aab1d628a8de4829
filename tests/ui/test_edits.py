from dashboard.ui.edits import edited, worded

ROWS = [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]
BLANK = {"name": "", "value": ""}


def test_without_edits_the_rows_are_as_they_began():
    assert edited(ROWS, {}, BLANK) == ROWS


def test_changed_cells_deleted_and_added_rows_are_all_applied():
    edits = {
        "edited_rows": {1: {"value": "3"}},
        "deleted_rows": [0],
        "added_rows": [{"name": "c", "_index": 7}],
    }

    assert edited(ROWS, edits, BLANK) == [
        {"name": "b", "value": "3"},
        {"name": "c", "value": ""},
    ]


def test_the_rows_an_editor_began_with_stay_untouched():
    edited(ROWS, {"edited_rows": {0: {"value": "9"}}}, BLANK)

    assert ROWS[0]["value"] == "1"


WORDS = {"name": {"a": "Имя", "b": "Бюджет"}, "on": {False: "Нет", True: "Да"}}


def test_rows_are_shown_in_words_and_unknown_codes_as_they_are():
    rows = [{"name": "a", "on": True}, {"name": "gone", "on": False}]

    assert worded(rows, WORDS) == [{"name": "Имя", "on": "Да"}, {"name": "gone", "on": "Нет"}]


def test_edits_in_words_mean_what_is_kept():
    edits = {"edited_rows": {0: {"on": "Нет"}}, "added_rows": [{"name": "Бюджет", "on": "Да"}]}

    assert edited([{"name": "a", "on": True}], edits, {"name": "", "on": False}, WORDS) == [
        {"name": "a", "on": False},
        {"name": "b", "on": True},
    ]
