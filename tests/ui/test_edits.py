from dashboard.ui.edits import edited

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
