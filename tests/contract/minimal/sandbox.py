"""Minimal in a box."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from dashboard.contracts.forms import Field
from dashboard.kit import moments
from dashboard.kit.sandbox import Call, Emitted, Refused, Sandbox, State, emit, token


def _seed() -> State:
    runs = [{"id": f"r{n}", "flow": f"Поток {n}", "at": 1_790_000_000 + n} for n in range(5)]
    return {"key": token("minimal-key-"), "runs": runs, "hooks": {}, "keys": {}}


sandbox = Sandbox(_seed)
sandbox.sample_credentials(lambda state, _method: {"api_key": state["key"]})


def _signed_in(call: Call, state: State) -> None:
    if call.bearer != state["key"]:
        raise Refused(httpx.Response(401, json={"error": "bad key"}))


@sandbox.on_fault("revoke")
def _revoke(state: State) -> None:
    state["key"] = token("minimal-key-")


@sandbox.route("GET", "/me")
def _me(call: Call, state: State) -> httpx.Response:
    _signed_in(call, state)
    return httpx.Response(200, json={"id": "acc_1", "name": "Пример"})


@sandbox.route("DELETE", "/me/key")
def _forget(call: Call, state: State) -> httpx.Response:
    _signed_in(call, state)
    _revoke(state)
    return httpx.Response(204)


@sandbox.route("GET", "/runs")
def _runs(call: Call, state: State) -> httpx.Response:
    _signed_in(call, state)
    start = int(call.q("after", "0"))
    more = str(start + 2) if start + 2 < len(state["runs"]) else None
    return httpx.Response(200, json={"runs": state["runs"][start : start + 2], "next": more})


@sandbox.route("POST", "/runs")
def _start(call: Call, state: State) -> httpx.Response:
    _signed_in(call, state)
    made = state["keys"].setdefault(call.json["key"], f"r{len(state['runs'])}")
    if all(run["id"] != made for run in state["runs"]):
        now = int(moments.now().timestamp())
        state["runs"].append({"id": made, "flow": call.json["flow"], "at": now})
    return httpx.Response(201, json={"id": made})


@sandbox.route("PUT", "/hooks")
def _hook(call: Call, state: State) -> httpx.Response:
    _signed_in(call, state)
    state["hooks"]["h1"] = dict(call.json)
    return httpx.Response(200, json={"id": "h1"})


@sandbox.route("GET", "/hooks")
def _hooks(call: Call, state: State) -> httpx.Response:
    _signed_in(call, state)
    rows = [{"id": name, "url": hook["url"]} for name, hook in state["hooks"].items()]
    return httpx.Response(200, json={"hooks": rows})


@sandbox.route("DELETE", "/hooks/{id}")
def _unhook(call: Call, state: State) -> httpx.Response:
    _signed_in(call, state)
    state["hooks"].pop(call.parts["id"], None)
    return httpx.Response(204)


@sandbox.gesture("call_us", Field(name="text", default="hello"))
def call_us(state: State, values: Mapping[str, Any], _base: str) -> None:
    """The vendor calls every registered address."""
    for hook in state["hooks"].values():
        body = json.dumps({"id": token("call_"), "text": values["text"]}).encode()
        headers = {"x-minimal-secret": hook["secret"], "content-type": "application/json"}
        emit(state, Emitted(url=hook["url"], body=body, headers=headers))
