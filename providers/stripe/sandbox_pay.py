"""Customers of the sandbox: the payment page they see, and what they do."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import httpx

from dashboard.contracts.forms import Field, Kind
from dashboard.kit.sandbox import Call, Refused, Sandbox, State
from providers.stripe.money import major
from providers.stripe.sandbox_bills import settle_bill
from providers.stripe.sandbox_money import decline, new_refund, succeed
from providers.stripe.sandbox_rules import line_items
from providers.stripe.sandbox_world import Row, happen, make, put

OFFERED = 30
NO_CALL = Call(method="", host="", path="", parts={}, query=(), headers={}, body=b"", base="")
WORDS = {
    "ru": {
        "title": "Оплата (песочница)",
        "lead": "Это встроенная песочница: деньги не спишутся.",
        "pay": "Оплатить",
        "decline": "Карта отклонена",
        "paid": "Оплачено. Страницу можно закрыть.",
        "closed": "Эта ссылка больше не действует.",
        "declined": "Банк отклонил платёж. Можно попробовать ещё раз.",
    },
    "en": {
        "title": "Payment (sandbox)",
        "lead": "This is the built-in sandbox: no money is taken.",
        "pay": "Pay",
        "decline": "Card is declined",
        "paid": "Paid. You can close this page.",
        "closed": "This link is no longer active.",
        "declined": "The bank declined the payment. You can try again.",
    },
}
PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title><style>
:root{{color-scheme:light dark}}
body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:8vh auto;padding:0 1.2rem}}
button{{font:inherit;padding:.55rem 1.2rem;border-radius:.6rem;border:1px solid #7a8496;
margin:1rem .6rem 0 0;cursor:pointer}}.yes{{background:#635bff;color:#fff;border-color:#635bff}}
</style></head><body><h1>{title}</h1><p>{lead}</p>{inner}</body></html>"""


def install(sandbox: Sandbox) -> None:
    """Serve the payment pages and offer what customers can do."""
    for method in ("GET", "POST"):
        sandbox.route(method, "/invoice/{id}", "pay")(_invoice_page)
        sandbox.route(method, "/{code}", "pay")(_link_page)
    for name, field, rows, act in GESTURES:
        sandbox.gesture(name, field, choices=_choices(field.name, rows))(
            _gesture(field.name, rows, act)
        )


# --- pages ------------------------------------------------------------------------------


def _link_page(call: Call, state: State) -> httpx.Response:
    links = state["objects"].get("payment_link", {}).values()
    link = next((one for one in links if one.get("_code") == call.parts["code"]), None)
    if link is None:
        raise Refused(httpx.Response(404, html="<h1>404</h1>"))
    if not link.get("active", True):
        return _shown(call, "closed", status=410)
    if call.method == "POST":
        paid = call.f("decision") != "decline"
        (_pay_link if paid else _decline_link)(state, link)
        back = link.get("after_completion", {}).get("redirect", {}).get("url")
        if paid and back:
            return httpx.Response(303, headers={"location": back})
        return _shown(call, "paid" if paid else "declined")
    lines = line_items(state, link)["data"]
    goods = ", ".join(line["description"] for line in lines)
    return _form(call, goods, sum(line["amount_total"] for line in lines), link["currency"])


def _invoice_page(call: Call, state: State) -> httpx.Response:
    bill = state["objects"]["invoice"].get(call.parts["id"])
    if bill is None:
        raise Refused(httpx.Response(404, html="<h1>404</h1>"))
    if bill["status"] != "open":
        return _shown(call, "paid" if bill["status"] == "paid" else "closed")
    if call.method == "POST":
        paid = call.f("decision") != "decline"
        (_pay_invoice if paid else _decline_invoice)(state, bill)
        return _shown(call, "paid" if paid else "declined")
    return _form(call, bill["number"], bill["total"], bill["currency"])


def _form(call: Call, goods: str, amount: int, currency: str) -> httpx.Response:
    words = _words(call)
    inner = (
        f"<p><b>{escape(goods)}</b></p><p>{major(amount, currency)} {currency.upper()}</p>"
        f'<form method="post"><button class="yes" name="decision" value="pay">{words["pay"]}'
        f'</button><button name="decision" value="decline">{words["decline"]}</button></form>'
    )
    return _html(call, inner)


def _shown(call: Call, word: str, *, status: int = 200) -> httpx.Response:
    return _html(call, f"<p>{_words(call)[word]}</p>", status=status)


def _html(call: Call, inner: str, *, status: int = 200) -> httpx.Response:
    words = _words(call)
    text = PAGE.format(
        language=_language(call), title=words["title"], lead=words["lead"], inner=inner
    )
    return httpx.Response(status, html=text)


def _words(call: Call) -> Mapping[str, str]:
    return WORDS[_language(call)]


def _language(call: Call) -> str:
    return "ru" if call.headers.get("accept-language", "").lower().startswith("ru") else "en"


# --- what customers do ------------------------------------------------------------------


def _new_intent(state: State, amount: int, currency: str, **more: Any) -> Row:
    intent = put(state, make("payment_intent", amount=amount, currency=currency, **more))
    happen(state, "payment_intent.created", intent)
    return intent


def _link_intent(state: State, link: Row) -> Row:
    lines = line_items(state, link)["data"]
    amount = sum(line["amount_total"] for line in lines)
    goods = lines[0]["description"]
    return _new_intent(state, amount, link["currency"], description=goods)


def _pay_link(state: State, link: Row) -> None:
    intent = _link_intent(state, link)
    succeed(state, intent)
    session = make(
        "checkout.session",
        amount_total=intent["amount"],
        currency=intent["currency"],
        payment_intent=intent["id"],
        payment_link=link["id"],
        payment_status="paid",
        status="complete",
    )
    happen(state, "checkout.session.completed", put(state, session))


def _decline_link(state: State, link: Row) -> None:
    decline(state, _link_intent(state, link))


def _bill_intent(state: State, bill: Row) -> Row:
    more = {"customer": bill["customer"], "description": f"Payment for {bill['number']}"}
    return _new_intent(state, bill["total"], bill["currency"], **more)


def _pay_invoice(state: State, bill: Row) -> None:
    intent = _bill_intent(state, bill)
    succeed(state, intent)
    settle_bill(state, bill, intent["id"])


def _decline_invoice(state: State, bill: Row) -> None:
    decline(state, _bill_intent(state, bill))
    happen(state, "invoice.payment_failed", bill)


def _refund_payment(state: State, intent: Row) -> None:
    new_refund(NO_CALL, state, {"payment_intent": intent["id"]})


# --- gestures ---------------------------------------------------------------------------


def _open_links(state: State) -> dict[str, Row]:
    paid = {s["payment_link"] for s in state["objects"].get("checkout.session", {}).values()}
    rows = state["objects"]["payment_link"]
    return {k: r for k, r in rows.items() if r.get("active", True) and k not in paid}


def _open_bills(state: State) -> dict[str, Row]:
    return {k: r for k, r in state["objects"]["invoice"].items() if r["status"] == "open"}


def _waiting(state: State) -> dict[str, Row]:
    rows = state["objects"]["payment_intent"]
    waiting = "requires_payment_method"
    return {k: r for k, r in rows.items() if r.get("status", waiting) == waiting}


def _refundable(state: State) -> dict[str, Row]:
    charges = state["objects"]["charge"]
    rows = state["objects"]["payment_intent"]
    return {
        k: r
        for k, r in rows.items()
        if r.get("latest_charge") and not charges[r["latest_charge"]].get("refunded")
    }


Rows = Callable[[State], dict[str, Row]]
Act = Callable[[State, Row], None]


def _field(name: str) -> Field:
    return Field(name=name, kind=Kind.CHOICE, default="")


GESTURES: tuple[tuple[str, Field, Rows, Act], ...] = (
    ("pay_link", _field("link"), _open_links, _pay_link),
    ("pay_invoice", _field("invoice"), _open_bills, _pay_invoice),
    ("fail_payment", _field("payment"), _waiting, decline),
    ("refund_payment", _field("payment"), _refundable, _refund_payment),
)


def _choices(field: str, rows: Rows) -> Callable[[State], dict[str, dict[str, str]]]:
    def offered(state: State) -> dict[str, dict[str, str]]:
        newest = list(reversed(rows(state).items()))[:OFFERED]
        return {field: {key: _label(state, row) for key, row in newest}}

    return offered


def _gesture(field: str, rows: Rows, act: Act) -> Callable[[State, Mapping[str, Any], str], None]:
    def run(state: State, values: Mapping[str, Any], base: str) -> None:
        state["base"] = base
        found = rows(state)
        chosen = found.get(str(values.get(field))) or next(reversed(found.values()), None)
        if chosen:
            act(state, chosen)

    return run


def _label(state: State, row: Row) -> str:
    if row["object"] == "payment_link":
        line = line_items(state, row)["data"][0]
        return f"{line['description']} · {_money(line['amount_total'], line['currency'])}"
    amount = row["total"] if row["object"] == "invoice" else row["amount"]
    name = row.get("number") or row.get("description") or row["id"]
    return f"{name} · {_money(amount, row['currency'])}"


def _money(amount: int, currency: str) -> str:
    return f"{major(amount, currency)} {currency.upper()}"
