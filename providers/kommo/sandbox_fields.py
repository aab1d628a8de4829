"""The sandbox account's own fields, one of nearly every type."""

from typing import Any


def _field(field_id: int, name: str, type_: str, code: str = "", **more: Any) -> dict[str, Any]:
    options = more.pop("options", ())
    enums = [
        {"id": field_id * 10 + place, "value": text, "sort": place, "code": None}
        for place, text in enumerate(options)
    ]
    return {
        "id": field_id,
        "name": name,
        "type": type_,
        "code": code or None,
        "sort": field_id % 1000,
        "is_api_only": False,
        "is_deletable": not code,
        "is_predefined": bool(code),
        "required_statuses": [],
        "enums": enums or None,
        "group_id": None,
        "currency": None,
        **more,
    }


NEEDED = [{"pipeline_id": 7_100, "status_id": 7_104}]
LEAD_FIELDS = [
    _field(81_001, "Тип клиента", "select", options=("Новый", "Returning", "Партнёр")),
    _field(81_002, "Интересы", "multiselect", options=("Окна", "Doors", "Балконы")),
    _field(81_003, "Площадь, м²", "numeric"),
    _field(81_004, "Дата замера", "date", required_statuses=NEEDED),
    _field(81_005, "Call back at", "date_time"),
    _field(81_006, "Договор подписан", "checkbox"),
    _field(81_007, "Project page", "url"),
    _field(81_008, "Комментарий", "textarea"),
    _field(81_009, "Предоплата", "monetary", currency="RUB"),
    _field(81_010, "Доставка", "radiobutton", options=("Самовывоз", "Courier")),
    _field(81_011, "Адрес объекта", "smart_address"),
    _field(81_012, "utm_source", "tracking_data", "UTM_SOURCE", is_api_only=True),
    _field(81_013, "Реквизиты", "legal_entity"),
    _field(81_014, "Откуда узнали", "text"),
    _field(81_015, "Файл", "file"),
]
WAYS = ("WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER")
CONTACT_FIELDS = [
    _field(82_001, "Должность", "text", "POSITION"),
    _field(82_002, "Телефон", "multitext", "PHONE", options=WAYS),
    _field(82_003, "Email", "multitext", "EMAIL", options=("WORK", "PRIV", "OTHER")),
    _field(82_004, "День рождения", "birthday"),
    _field(82_005, "Language", "select", options=("Русский", "English")),
    _field(82_006, "Любимые цвета", "multiselect", options=("Белый", "Grey", "Дуб")),
]
FIRM_FIELDS = [
    _field(83_001, "Телефон", "multitext", "PHONE", options=WAYS),
    _field(83_002, "Email", "multitext", "EMAIL", options=("WORK", "PRIV", "OTHER")),
    _field(83_003, "Web", "url", "WEB"),
    _field(83_004, "Адрес", "textarea", "ADDRESS"),
]


def value(field: dict[str, Any], *values: dict[str, Any]) -> dict[str, Any]:
    """A field's values as a record shows them."""
    return {
        "field_id": field["id"],
        "field_name": field["name"],
        "field_code": field["code"],
        "field_type": field["type"],
        "values": list(values),
    }


def chosen(field: dict[str, Any], place: int) -> dict[str, Any]:
    """One of a field's options as a value."""
    option = field["enums"][place % len(field["enums"])]
    return {"value": option["value"], "enum_id": option["id"], "enum_code": None}
