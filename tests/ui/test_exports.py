import csv
import io

import pytest

from dashboard.ui.exports import as_csv


def _read(sheet):
    return list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"))))


def test_cyrillic_opens_in_a_spreadsheet():
    sheet = as_csv(["Имя"], [{"Имя": "Мария"}])

    assert sheet.startswith(b"\xef\xbb\xbf")
    assert _read(sheet) == [["Имя"], ["Мария"]]


@pytest.mark.parametrize("text", ["=1+1", "+7 916", "-1", "@cmd", "\tx"])
def test_text_that_looks_like_a_formula_is_defused(text):
    assert _read(as_csv(["a"], [{"a": text}]))[1] == [f"'{text}"]


def test_numbers_stay_numbers_and_nothing_stays_empty():
    assert _read(as_csv(["a", "b"], [{"a": -5, "b": None}]))[1] == ["-5", ""]
