"""What agents say to any payment service. Amounts are in major units, as people write them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from dashboard.contracts.actions import Input, Output

Amount = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=3)]
Currency = Annotated[str, Field(pattern=r"^[A-Za-z]{3}$", description="ISO 4217.")]


class CreatePaymentLink(Input):
    """Make a page where a customer pays; without a currency the settings' one applies."""

    amount: Amount
    currency: Currency | None = None
    description: Annotated[str, Field(min_length=1, max_length=250)]
    customer_email: str = ""


class CreateInvoice(Input):
    """Bill a customer by e-mail address."""

    customer_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    customer_name: str = ""
    amount: Amount
    currency: Currency | None = None
    description: Annotated[str, Field(min_length=1, max_length=250)]
    due_on: date | None = Field(None, description="Left out: in 14 days.")
    send: bool = True


class PaymentStatus(Input):
    """Ask how a payment, an invoice or a payment link stands."""

    external_id: Annotated[str, Field(min_length=1)]
    kind: Literal["payments", "invoices", "payment_links"] = "payments"


class RefundPayment(Input):
    """Give money back, all of it when no amount is named."""

    payment_id: Annotated[str, Field(min_length=1)]
    amount: Amount | None = None
    reason: Literal["", "duplicate", "fraudulent", "requested_by_customer"] = ""


class CancelPayment(Input):
    """Call off a payment, an invoice or a link that is not paid yet."""

    external_id: Annotated[str, Field(min_length=1)]
    kind: Literal["payments", "invoices", "payment_links"] = "payments"


class PaymentLinkMade(Output):
    """The page to send to the customer."""

    external_id: str
    pay_url: str
    amount: Decimal
    currency: str
    status: str


class InvoiceMade(Output):
    """The bill as it is now."""

    external_id: str
    number: str = ""
    pay_url: str = ""
    amount: Decimal
    currency: str
    status: str


class PaymentState(Output):
    """How it stands: pending, authorized, succeeded, failed, cancelled, open, paid, closed..."""

    external_id: str
    kind: str
    status: str
    amount: Decimal | None = None
    currency: str = ""
    payment_id: str = ""
    failure: str = ""


class RefundMade(Output):
    """The refund as it is now."""

    external_id: str
    payment_id: str
    amount: Decimal
    currency: str
    status: str


class PaymentCancelled(Output):
    """What was called off; `already` when it was off before."""

    external_id: str
    status: str
    already: bool = False
