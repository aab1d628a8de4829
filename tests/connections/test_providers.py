"""Every provider there is walks from the first click to the last over its own sandbox."""

import pytest

from dashboard import registry
from dashboard.contracts.forms import Kind
from dashboard.contracts.manifest import OAuth2
from tests.fixtures.links import ANNA

WAYS = [
    pytest.param(provider, method, id=f"{provider}-{method.id}")
    for provider in registry.ids()
    for method in registry.manifest(provider).auth
]


def signed_in(desk, provider, method):
    row = desk.begun(provider, method=method.id)
    if isinstance(method, OAuth2):
        flow = desk.by_oauth(row)
        assert (flow.status, flow.error_code) == ("done", "")
    else:
        desk.connect.submit_keys(ANNA, row.id, desk.sample(row, method.id))
    return desk.row(row.id)


def chosen(desk, row):
    """The first of each live list that must be chosen from."""
    fields = registry.manifest(row.provider).settings_fields()
    asked = [f for f in fields if f.required and f.choices_from and f.default is None]
    lists = {f: [c.value for c in desk.lists.choices(row.id, f.choices_from)] for f in asked}
    return {f.name: v[:1] if f.kind is Kind.CHOICES else v[0] for f, v in lists.items()}


@pytest.mark.parametrize(("provider", "method"), WAYS)
def test_a_provider_is_connected_tested_and_disconnected(desk, provider, method):
    row = signed_in(desk, provider, method)
    desk.configure.save_settings(ANNA, row.id, chosen(desk, row))
    result = desk.connect.activate(ANNA, row.id)
    assert [check for check in result.checks if not check.ok] == []
    assert desk.row(row.id).state == "active"

    desk.jobs.run("hooks.subscribe")
    assert [c for c in desk.checker.test(ANNA, row.id).checks if not c.ok] == []

    report = desk.disconnect.disconnect(ANNA, row.id)
    assert report.revoked or report.why_not
    assert report.unsubscribed in (True, None)
    assert desk.row(row.id).state == "disconnected"
    assert desk.secrets(f"connection:{row.id}") == []


@pytest.mark.parametrize(("provider", "method"), WAYS)
def test_a_new_login_keeps_the_settings(desk, provider, method):
    row = signed_in(desk, provider, method)
    desk.configure.save_settings(ANNA, row.id, chosen(desk, row))
    desk.connect.activate(ANNA, row.id)
    before = desk.row(row.id)
    if isinstance(method, OAuth2):
        assert desk.by_oauth(before).error_code == ""
    else:
        desk.connect.submit_keys(ANNA, row.id, desk.sample(row, method.id))
    now = desk.row(row.id)

    assert (now.id, now.state, now.settings) == (before.id, "active", before.settings)
    assert now.events == before.events
