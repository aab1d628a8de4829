import pytest

from dashboard.mapping.arguments import parse
from dashboard.mapping.rules import MappingRow
from dashboard.ui import mapping_rows


@pytest.mark.parametrize(
    ("transform", "argument"),
    [
        ("enum", {"горячий": "1", "холодный": "2", "*": "3"}),
        ("constant", {"value": "Сайт"}),
        ("join", {"fields": ["client_name", "need"]}),
        ("phone_e164", {"region": "RU"}),
        ("date", {"format": "date", "time_zone": "Europe/Moscow"}),
        ("number", {"decimals": 2}),
        ("none", ""),
    ],
)
def test_what_a_transform_was_told_survives_the_table(transform, argument):
    row = MappingRow(agent_field="need", vendor_field="7", transform=transform, argument=argument)

    back = mapping_rows.to_row(mapping_rows.from_row(row))

    assert parse(transform, back.argument) == parse(transform, argument)


def test_a_row_with_no_choices_made_is_blank():
    shown = dict(mapping_rows.BLANK)

    assert mapping_rows.from_row(mapping_rows.to_row(shown)) == shown
