"""A receiver in a box: it checks signatures, remembers deliveries, and fails when told to."""

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Any

import httpx

from dashboard.contracts.errors import BadSignature
from dashboard.contracts.forms import Field, Kind
from dashboard.kit import moments
from dashboard.kit.sandbox import Call, Emitted, Sandbox, State, emit
from dashboard.kit.signatures import StandardWebhooks

URL = "https://example.com/hooks/agents"
KEPT = 200
ANSWERS = {
    200: "принято",
    410: "this endpoint is closed",
    500: "внутренняя ошибка",
}


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def _seed() -> State:
    return {"secret": _secret(), "answer": 200, "deliveries": []}


sandbox = Sandbox(_seed)


@sandbox.sample_credentials
def _credentials(state: State, _method: str) -> Mapping[str, str]:
    return {"url": URL, "signing_secret": state["secret"]}


@sandbox.on_fault("revoke")
def _new_secret(state: State) -> None:
    """The receiver's owner has changed the secret."""
    state["secret"] = _secret()


@sandbox.route("POST", "", host="target")
@sandbox.route("POST", "/", host="target")
def _receive(call: Call, state: State) -> httpx.Response:
    try:
        message_id = StandardWebhooks(secrets=[state["secret"]]).verify(call.headers, call.body)
    except BadSignature as refused:
        return _noted(call, state, httpx.Response(401, text=refused.detail))
    if not isinstance(call.json, dict) or "type" not in call.json:
        return _noted(call, state, httpx.Response(422, text="no type"))
    answer = httpx.Response(state["answer"], text=ANSWERS[state["answer"]])
    return _noted(call, state, answer, message_id)


def _noted(
    call: Call, state: State, answer: httpx.Response, message_id: str = ""
) -> httpx.Response:
    """The answer, with the delivery kept; one with a known id is taken once."""
    known = any(row["id"] == message_id and row["status"] == 200 for row in state["deliveries"])
    row = {
        "id": message_id,
        "status": answer.status_code,
        "at": moments.to_iso(moments.now()),
        "type": call.json.get("type", "") if isinstance(call.json, dict) else "",
        "body": call.body.decode(errors="replace"),
    }
    if not (known and message_id):
        state["deliveries"] = [*state["deliveries"], row][-KEPT:]
    return answer


@sandbox.gesture("answer_200")
def _works(state: State, _values: Mapping[str, Any], _base: str) -> None:
    state["answer"] = 200


@sandbox.gesture("answer_500")
def _fails(state: State, _values: Mapping[str, Any], _base: str) -> None:
    state["answer"] = 500


@sandbox.gesture("answer_410")
def _is_gone(state: State, _values: Mapping[str, Any], _base: str) -> None:
    state["answer"] = 410


@sandbox.gesture(
    "send_event",
    Field(name="hook_url", kind=Kind.URL),
    Field(name="hook_secret", kind=Kind.SECRET),
    Field(name="event", default="order.paid"),
    Field(name="text", default="Заказ № 1042 оплачен / Order 1042 is paid"),
)
def _send_event(state: State, values: Mapping[str, Any], _base: str) -> None:
    message = {
        "type": str(values["event"]),
        "timestamp": moments.to_iso(moments.now()),
        "data": {"text": str(values["text"]), "order": 1042},
    }
    body = json.dumps(message, ensure_ascii=False).encode()
    signer = StandardWebhooks(secrets=[str(values["hook_secret"])])
    headers = signer.sign(f"msg_{secrets.token_hex(16)}", body)
    kind = {"content-type": "application/json"}
    emit(state, Emitted(url=str(values["hook_url"]), body=body, headers={**kind, **headers}))
