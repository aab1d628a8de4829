"""What exists in a fresh sandbox: half a year of customers, bills, payments and refunds."""

import random

from dashboard.kit import moments
from dashboard.kit.sandbox import State, token
from providers.stripe.sandbox_world import Row, declined, make, put, settle

DAY = 86_400
NAMES = (
    "Анна Смирнова",
    "ООО «Север»",
    "Тимур Ахметов",
    "Oliver Hughes",
    "ИП Кузнецова М. А.",
    "Sophie Martin",
    "Студия «Линия»",
    "Nordwind GmbH",
    "Екатерина Волкова",
    "Lucas Weber",
)
GOODS = ("Консультация", "Website design", "Подписка на месяц", "Photo shoot", "Доставка")
MONEY = (("eur", 4900), ("usd", 12_000), ("eur", 1550), ("jpy", 7000), ("kwd", 12_340))


def seed() -> State:
    """An account with customers, bills, payments, refunds and links of the last months."""
    account = f"acct_1{token(length=16)}"
    state: State = {
        "key": token("sk_test_51", 48),
        "account": {
            "id": account,
            "object": "account",
            "business_profile": {"name": "Мастерская «Север»"},
            "charges_enabled": True,
            "country": "NL",
            "default_currency": "eur",
            "email": "owner@sever.example",
            "payouts_enabled": True,
            "settings": {"dashboard": {"display_name": "Мастерская «Север»"}},
            "type": "standard",
        },
        "base": "",
        "denied": [],
        "idempotency": {},
        "objects": {},
        "deleted": {},
    }
    chance = random.Random(7)  # noqa: S311 - sample data, the same in every sandbox
    now = moments.to_unix(moments.now())
    for place in range(160):
        _seed_sale(state, place, now - (161 - place) * DAY // 2 - 7200, chance)
    return state


def _seed_sale(state: State, place: int, at: int, chance: random.Random) -> None:
    """One more of everything: a customer, a bill, a payment; sometimes a refund or a link."""
    name, goods = NAMES[place % len(NAMES)], GOODS[place % len(GOODS)]
    currency, price = MONEY[chance.randrange(len(MONEY))]
    amount = price * chance.randint(1, 6)
    customer = make("customer", name=name, email=f"client{place:03d}@example.com", created=at)
    put(state, customer)
    intent = make(
        "payment_intent",
        amount=amount,
        currency=currency,
        customer=customer["id"],
        description=goods,
        created=at + 60,
    )
    put(state, intent)
    if place % 12 == 5:
        intent["last_payment_error"] = declined(intent)
    elif place % 12 != 7:
        _seed_refund(state, place, settle(state, intent))
    if place % 5 != 4:
        _seed_bill(state, place, customer, intent)
    if place % 7 == 0:
        _seed_link(state, at, goods, (currency, amount))


def _seed_refund(state: State, place: int, charge: Row) -> None:
    if place % 4 == 3:
        return
    part = charge["amount"] if place % 3 == 0 else charge["amount"] // 20 * 10
    charge |= {"amount_refunded": part, "refunded": part == charge["amount"]}
    refund = make(
        "refund",
        amount=part,
        currency=charge["currency"],
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        created=charge["created"] + 3600,
        reason="requested_by_customer" if place % 2 else None,
    )
    put(state, refund)


def _seed_bill(state: State, place: int, customer: Row, intent: Row) -> None:
    paid = intent.get("status") == "succeeded"
    at = intent["created"]
    invoice = make(
        "invoice",
        customer=customer["id"],
        customer_email=customer["email"],
        customer_name=customer["name"],
        collection_method="send_invoice",
        currency=intent["currency"],
        total=intent["amount"],
        amount_paid=intent["amount"] if paid else 0,
        created=at,
        due_date=at + 14 * DAY,
        number=f"SEVER-{place + 1:04d}",
        status="paid" if paid else "open",
        status_transitions={"finalized_at": at, "paid_at": at + 90 if paid else None},
        _payment=intent["id"] if paid else None,
    )
    put(state, invoice)


def _seed_link(state: State, at: int, goods: str, money: tuple[str, int]) -> None:
    product = put(state, make("product", name=goods, created=at))
    price = make(
        "price", currency=money[0], unit_amount=money[1], product=product["id"], created=at
    )
    put(state, price)
    link = make(
        "payment_link",
        currency=money[0],
        created=at,
        _code=token("test_", 18),
        _lines=[{"price": price["id"], "quantity": 1}],
    )
    put(state, link)
