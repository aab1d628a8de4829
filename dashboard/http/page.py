"""Small self-contained pages: no script of others, no file, no cookie but ours."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard.staff import language
from dashboard.texts import LANGUAGES, say

_STYLE = """
:root{color-scheme:light dark;--text:#1d2433;--soft:#565f70;--line:#dfe3ea;--page:#fff;
--card:#fff;--main:#3257d6;--bad:#b42318;--bad-page:#fef3f2}
@media(prefers-color-scheme:dark){:root{--text:#f2f4f8;--soft:#a7afbd;--line:#313a4a;
--page:#12151c;--card:#1c212b;--main:#8ea6ff;--bad:#ffa198;--bad-page:#3a1d1b}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;
background:var(--page);color:var(--text);font:16px/1.5 "Source Sans",system-ui,sans-serif;
padding:1rem}main{width:100%;max-width:26rem;background:var(--card);border:1px solid var(--line);
border-radius:.75rem;padding:1.75rem}header{display:flex;justify-content:space-between;
align-items:center;color:var(--soft);font-size:.9rem}h1{font-size:1.4rem;margin:1rem 0 .25rem}
p{margin:.25rem 0 1rem;color:var(--soft)}label{display:block;font-weight:600;margin:.9rem 0 .3rem}
input{width:100%;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);
border-radius:.6rem;padding:.6rem .75rem}input:focus-visible,button:focus-visible,
a:focus-visible{outline:3px solid var(--main);outline-offset:2px}button{width:100%;
margin-top:1.4rem;font:inherit;font-weight:600;color:#fff;background:#3257d6;border:0;
border-radius:.6rem;padding:.7rem;cursor:pointer}a{color:var(--main)}nav a{margin-left:.6rem}
nav a[aria-current]{color:inherit;font-weight:600;text-decoration:none}
.error{color:var(--bad);background:var(--bad-page);border-radius:.6rem;padding:.7rem .9rem}
"""


@dataclass(frozen=True, kw_only=True)
class Input:
    """One field of a form; `label` is a text key."""

    name: str
    label: str
    kind: str = "text"
    autocomplete: str = "off"


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a page asks; `submit` is a text key."""

    action: str
    submit: str
    inputs: tuple[Input, ...] = ()


def reader(request: Request) -> str:
    """The language to answer in: just chosen, chosen before, or the browser's."""
    chosen = request.query_params.get("lang") or request.cookies.get(language.COOKIE, "")
    return language.preferred(request.headers.get("accept-language", ""), chosen)


def form_html(form: Form, speech: str, values: Mapping[str, str]) -> str:
    """The form as HTML. `values` are typed values to keep; passwords are never among them."""
    rows = "".join(
        f'<label for="{field.name}">{escape(say(speech, field.label))}</label>'
        f'<input id="{field.name}" name="{field.name}" type="{field.kind}" required'
        f' autocomplete="{field.autocomplete}" value="{escape(values.get(field.name, ""))}">'
        for field in form.inputs
    )
    button = f'<button type="submit">{escape(say(speech, form.submit))}</button>'
    return f'<form method="post" action="{escape(form.action)}">{rows}{button}</form>'


def alert(sentence: str) -> str:
    """A paragraph that says what went wrong, read out at once; empty for no sentence."""
    return f'<p class="error" role="alert">{escape(sentence)}</p>' if sentence else ""


def render(
    request: Request, speech: str, title: str, body: str, *, status: int = 200, script: str = ""
) -> HTMLResponse:
    """A whole page.

    Args:
        title: Plain text. `body`: HTML.
        script: JavaScript that only this page may run.
    """
    nonce = secrets.token_urlsafe(16)
    heading = escape(title)
    code = f'<script nonce="{nonce}">{script}</script>' if script else ""
    html = (
        f'<!doctype html><html lang="{speech}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{heading}</title><link rel="icon" href="data:,">'
        f'<style nonce="{nonce}">{_STYLE}</style></head><body><main>'
        f"<header><span>{escape(say(speech, 'login.brand'))}</span>{_switch(request, speech)}"
        f"</header><h1>{heading}</h1>{body}</main>{code}</body></html>"
    )
    answer = HTMLResponse(html, status, _headers(nonce))
    if request.query_params.get("lang") in LANGUAGES:
        keep_language(answer, request.query_params["lang"])
    return answer


def _headers(nonce: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}';"
        " img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "cache-control": "no-store",
        # Not "no-referrer": browsers would then send "Origin: null" with the form.
        "referrer-policy": "same-origin",
        "vary": "Accept-Language, Cookie",
    }


def keep_language(answer: Response, chosen: str) -> None:
    """Remember the language in this browser for a year."""
    year = 365 * 24 * 3600
    answer.set_cookie(language.COOKIE, chosen, year, samesite="lax", httponly=True)


def _switch(request: Request, speech: str) -> str:
    # To the same address, so that a one-time token is written nowhere else.
    here = request.url.remove_query_params("lang")
    links = "".join(
        f'<a href="?{escape(here.include_query_params(lang=code).query)}"'
        f' lang="{code}"'
        f"{' aria-current=true' if code == speech else ''}>{name}</a>"
        for code, name in (("ru", "Русский"), ("en", "English"))
    )
    return f"<nav>{links}</nav>"


def inside(target: str) -> str:
    """A place on this site to go on to; anything else becomes the start page."""
    sane = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if sane and target.isprintable() else "/"
