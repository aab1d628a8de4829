"""No secret reaches the log."""

import json
import logging

import pytest

from dashboard import logs


@pytest.mark.parametrize(
    "secret",
    [
        "Authorization: Bearer abcdef123456",
        "token idk_abcdefgh12345678",
        "secret whsec_abcdefgh12345678",
        "GET /join/abcdefgh12345678",
        "POST /hooks/abcdefgh12345678",
        "POST /sandbox/x/abcdefgh12345678/api",
        "code=abcdefgh12345678&state=abcdefgh12345678",
        '{"access_token": "abcdefgh12345678"}',
        "{'client_secret': 'abcdefgh12345678'}",
        "api_key=abcdefgh12345678",
        "password: abcdefgh12345678",
    ],
)
def test_what_looks_like_a_secret_is_hidden(secret):
    told = logs.redacted(f"before {secret} after")

    assert "12345678" not in told
    assert "abcdef123456" not in told
    assert told.startswith("before ")


def test_ordinary_words_stay():
    text = "GET /crm/v3/objects -> 429, connection con_0123456789ab is degraded"

    assert logs.redacted(text) == text


def test_a_line_is_json_with_the_requests_id():
    record = logging.LogRecord("desk", logging.INFO, "f", 1, "said %s", ("привет",), None)
    record.facts = {"connection": "con_1", "token": "idk_abcdefgh12345678"}
    mark = logs.request_id.set("abc12345")
    line = json.loads(logs.JsonLines().format(record))
    logs.request_id.reset(mark)

    assert line["message"] == "said привет"
    assert line["request_id"] == "abc12345"
    assert line["connection"] == "con_1"
    assert "12345678" not in line["token"]


def test_a_traceback_is_cleaned_too():
    error = ValueError("token=abcdefgh12345678")
    info = (ValueError, error, None)
    record = logging.LogRecord("desk", logging.ERROR, "f", 1, "failed", (), info)

    assert "abcdefgh12345678" not in logs.JsonLines().format(record)


def test_libraries_that_print_addresses_are_silenced():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("INFO")
    root.handlers[:], root.level = before, level

    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)


@pytest.mark.parametrize(
    "line",
    [
        '127.0.0.1 - "GET /oauth/callback?code=abcdefgh12345678&x=12345678 HTTP/1.1" 303',
        '127.0.0.1 - "POST /hooks/abcdefgh12345678?k=1 HTTP/1.1" 200',
        "> cookie: desk_session=abcdefgh12345678; _streamlit_xsrf=abcdefgh12345678",
        "Set-Cookie: desk_session=abcdefgh12345678",
    ],
)
def test_lines_of_the_web_server_are_masked(line):
    assert "12345678" not in logs.redacted(line)


@pytest.mark.parametrize("form", [logs.JsonLines, logs.TextLines])
def test_lines_of_a_job_name_it_in_both_forms(form):
    record = logging.LogRecord("desk", logging.INFO, "f", 1, "token=abcdefgh12345678", (), None)
    with logs.about(job="job-17", run_id="run_5"):
        told = form().format(record)

    assert "job-17" in told
    assert "run_5" in told
    assert "12345678" not in told
