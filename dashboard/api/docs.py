"""The documentation page, made from the OpenAPI document; it loads nothing from elsewhere."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from dashboard.staff import language
from dashboard.texts import say

_STYLE = """:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;
margin:2rem auto;padding:0 1rem}details{border:1px solid #8886;border-radius:.6rem;
padding:.6rem .9rem;margin:.5rem 0}summary{cursor:pointer}code,pre{font-family:ui-monospace,
monospace;font-size:.9em}pre{overflow:auto;background:#8882;padding:.8rem;border-radius:.5rem}
.m{display:inline-block;min-width:4.2rem;font-weight:700}td,th{text-align:left;
padding:.2rem .8rem .2rem 0;vertical-align:top}"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"


def install(api: FastAPI) -> None:
    """Serve the page at /api/docs."""

    @api.get("/api/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        chosen = request.cookies.get(language.COOKIE, "")
        speech = language.preferred(request.headers.get("accept-language", ""), chosen)
        headers = {"content-security-policy": _POLICY}
        return HTMLResponse(page(api.openapi(), speech), headers=headers)


def page(document: Mapping[str, Any], speech: str) -> str:
    """The whole page."""
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", ["other"])[0]
            groups.setdefault(tag, []).append(_operation(path, method, operation, document, speech))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(rows)}" for tag, rows in groups.items())
    title, lead = say(speech, "api.docs_title"), say(speech, "api.docs_lead")
    return (
        f'<!doctype html><html lang="{speech}"><head><meta charset="utf-8"><meta name="viewport"'
        f' content="width=device-width"><title>{escape(title)}</title><link rel="icon"'
        f' href="data:,"><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>'
        f'<p>{escape(lead)} <a href="/api/openapi.json">/api/openapi.json</a></p>{body}'
        "</body></html>"
    )


def _operation(
    path: str, method: str, operation: Mapping[str, Any], document: Mapping[str, Any], speech: str
) -> str:
    parts = [f"<p>{escape(operation.get('description', ''))}</p>"]
    if operation.get("parameters"):
        rows = "".join(_parameter(one) for one in operation["parameters"])
        parts.append(f"<h4>{say(speech, 'api.docs_parameters')}</h4><table>{rows}</table>")
    if "requestBody" in operation:
        schema = _schema(operation["requestBody"], document)
        parts.append(f"<h4>{say(speech, 'api.docs_body')}</h4>{schema}")
    for status, answer in operation.get("responses", {}).items():
        told = f"{status} {answer.get('description', '')}"
        parts.append(f"<h4>{say(speech, 'api.docs_answers')}: {escape(told)}</h4>")
        parts.append(_schema(answer, document))
    return (
        f'<details><summary><span class="m">{method.upper()}</span> <code>{escape(path)}</code>'
        f"</summary>{''.join(parts)}</details>"
    )


def _parameter(one: Mapping[str, Any]) -> str:
    about = one.get("description", "")
    return (
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td>{escape(about)}</td></tr>"
    )


def _schema(holder: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    bodies: list[Mapping[str, Any]] = list(holder.get("content", {}).values())
    schema = bodies[0].get("schema", {}) if bodies else {}
    name = schema.get("$ref", "").rpartition("/")[2]
    found = document.get("components", {}).get("schemas", {}).get(name, schema)
    return f"<pre>{escape(json.dumps(found, indent=2, ensure_ascii=False))}</pre>" if found else ""
