"""Configuration goes out without secrets and comes in whole, or not at all."""

import pytest
from click.testing import CliRunner

from dashboard.cli import main
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM
from dashboard.transfer import document, importing
from dashboard.transfer.describe import describe
from dashboard.transfer.document import Invalid
from dashboard.transfer.plan import Kind
from tests.transfer.conftest import SECRETS


def exported(desk):
    return document.write(describe(desk))


def brought(desk, text):
    return importing.apply(desk, SYSTEM, document.read(text), "en")


def wrong(text, desk):
    """Where and why a file is refused: (line, path, words)."""
    with pytest.raises(Invalid) as invalid:
        importing.plan(desk, document.read(text), "en")
    return [(one.line, one.path, one.told) for one in invalid.value.troubles]


def test_a_configuration_makes_the_same_round_trip(full, made):
    text = exported(full)
    other = made("other")
    brought(other, text)

    assert exported(other) == text
    assert other.audit.verify(other.store).ok


def test_the_file_holds_what_was_chosen_and_no_secret(full):
    text = exported(full)

    for chosen in ("Продавец", "hourly", "deal.created", "client-1", "100.50", "district",
                   "https://hooks.example/in"):  # fmt: skip
        assert chosen in text
    for secret in SECRETS:
        assert secret not in text


def test_two_exports_are_the_same_to_the_letter(full):
    assert exported(full) == exported(full)


def test_a_second_import_changes_nothing(full, made):
    text = exported(full)
    other = made("other")
    first = brought(other, text)
    entries = other.audit.verify(other.store).entries
    again = brought(other, text)

    assert not first.is_empty
    assert again.is_empty
    assert other.audit.verify(other.store).entries == entries


def test_a_dry_run_tells_and_changes_nothing(full):
    text = exported(full).replace("hourly", "5_minutes").replace("name: Бухгалтер", "name: Новый")
    before = exported(full)
    planned = importing.plan(full, document.read(text), "en")

    assert exported(full) == before
    assert [one.where for one in planned.of(Kind.CREATE)] == [("Новый",)]
    changed = planned.of(Kind.CHANGE)
    assert [(one.where, one.before, one.after) for one in changed] == [
        (("Продавец", "kommo", "settings", "frequency"), "hourly", "5_minutes")
    ]
    assert ("Бухгалтер",) in [one.where for one in planned.of(Kind.LEAVE)]


def test_what_the_file_does_not_mention_stays(full):
    brought(full, "agents:\n- name: Продавец\n  fields:\n  - name: district\n    label: Квартал\n")
    told = describe(full)

    seller = next(agent for agent in told.agents if agent.name == "Продавец")
    assert seller.fields[0].label == "Квартал"
    assert len(told.agents) == 2
    assert {link.provider for link in seller.connections} == {"kommo", "webhook"}
    assert told.oauth_apps


def test_what_needs_a_person_is_listed(full, made):
    source = document.read(exported(full))
    other = made("other")
    importing.apply(other, SYSTEM, source, "en")

    assert [(one.provider, one.agent) for one in importing.needed(other, source.document)] == [
        ("google_calendar", ""),
        ("kommo", "Продавец"),
        ("webhook", "Продавец"),
    ]
    assert [one.provider for one in importing.needed(full, source.document)] == ["webhook"]


def test_a_connection_that_came_by_file_is_signed_in_and_keeps_its_settings(full, made):
    other = made("other")
    brought(other, exported(full))
    agent = next(one for one in other.agents.all(SYSTEM) if one.name == "Продавец")
    row = other.connect.begin(SYSTEM, agent.id, "kommo", environment="sandbox")
    sample = other.sandboxes.credentials("kommo", row.tenant, row.method)
    other.connect.submit_keys(SYSTEM, row.id, sample)
    other.connect.activate(SYSTEM, row.id)

    told = other.queries.overview.living(agent.id, "kommo")
    assert (told.state, told.settings["frequency"]) == ("active", "hourly")
    assert told.events == ("deal.created",)


def test_an_app_with_another_id_loses_the_secret_of_the_old_one(full):
    brought(full, exported(full).replace("client-1", "client-2"))
    needed = importing.needed(full, describe(full))

    assert ("google_calendar", "") in [(one.provider, one.agent) for one in needed]


GOOD = """\
agents:
- name: A
  connections:
  - provider: kommo
    settings:
      frequency: hourly
"""


ODD_MAPPING = """    mappings: {deals: [{vendor_field: x, agent_field: z}]}
    settings:"""


@pytest.mark.parametrize(
    ("before", "after", "line", "path"),
    [
        ("provider: kommo", "provider: acme", 4, "agents[0].connections[0].provider"),
        ("frequency: hourly", "frequencies: x", 6, "agents[0].connections[0].settings.frequencies"),
        ("frequency: hourly", "frequency: never", 6, "agents[0].connections[0].settings.frequency"),
        ("frequency: hourly", "frequency: 5", 6, "agents[0].connections[0].settings.frequency"),
        ("    settings:", "    events: [x.y]\n    settings:", 5,
         "agents[0].connections[0].events[0]"),
        ("    settings:", "    method: smoke\n    settings:", 5, "agents[0].connections[0].method"),
        ("    settings:", "    token: x\n    settings:", 5, "agents[0].connections[0].token"),
        ("    settings:", "    open_fields: {token: x}\n    settings:", 5,
         "agents[0].connections[0].open_fields.token"),
        ("    settings:", ODD_MAPPING, 5,
         "agents[0].connections[0].mappings.deals[0]"),
        ("- name: A", "- name: A\n- name: A", 3, "agents[1].name"),
        ("- name: A", "- name: A\n  fields:\n  - name: Bad Name", 4, "agents[0].fields[0].name"),
        ("- name: A", "- name: A\n  rules:\n  - provider: stripe\n    action: x", 5,
         "agents[0].rules[0].action"),
        ("- name: A", "- name: A\n  name: B", 3, ""),
        ("agents:", "agent:", 1, "agent"),
        ("agents:", "version: 7\nagents:", 1, "version"),
        ("agents:", "oauth_apps: {stripe: {client_id: x}}\nagents:", 1, "oauth_apps.stripe"),
        ("name: A", "name: &a A", 0, None),
        ("hourly", "[1, 2", 7, ""),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_place(made, before, after, line, path):
    desk = made("desk")
    text = GOOD.replace(before, after, 1)
    if path is None:
        importing.plan(desk, document.read(text), "en")
        return
    found = wrong(text, desk)

    assert (line, path) in [(at, where) for at, where, _ in found]
    assert all(told for _, _, told in found)


def test_aliases_are_not_taken():
    with pytest.raises(Invalid) as invalid:
        document.read("agents: &a\n- name: x\nagents2: *a\n")

    assert "aliases" in invalid.value.troubles[0].told


def test_one_mistake_keeps_everything_out(full):
    before = exported(full)
    text = before.replace("hourly", "5_minutes").replace("deal.created", "deal.exploded")
    with pytest.raises(Invalid):
        brought(full, text)

    assert exported(full) == before


def test_a_failure_in_the_middle_leaves_nothing_behind(full, made, monkeypatch):
    """The last thing the import writes fails: nothing of the rest may stay."""
    other = made("other")
    text = exported(full)

    def broken(*_args):
        raise OSError("the disk is gone")

    monkeypatch.setattr(other.mappings, "write", broken)
    with pytest.raises(OSError, match="gone"):
        brought(other, text)

    assert describe(other).agents == []
    assert describe(other).oauth_apps == {}


def test_a_connection_does_not_change_worlds(full):
    text = exported(full).replace("environment: sandbox", "environment: live", 1)

    assert wrong(text, full)[0][1] == "agents[1].connections[0].environment"


def test_agents_of_one_name_are_sorted_out_first(full):
    full.agents.create(SYSTEM, "Продавец")
    with pytest.raises(Refusal) as refused:
        importing.plan(full, document.read(GOOD), "en")

    assert refused.value.code == "transfer.desk_twice"


@pytest.fixture
def run(full, monkeypatch):
    monkeypatch.setenv("INTEGRATIONS_DATA_DIR", str(full.settings.data_dir))
    monkeypatch.setenv("INTEGRATIONS_DATABASE_URL", full.settings.database_url)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def test_the_commands_write_show_and_bring_in(run, tmp_path):
    file = tmp_path / "desk.yaml"
    out = run("export", file)
    file.write_text(file.read_text(encoding="utf-8").replace("hourly", "5_minutes"), "utf-8")
    dry = run("import", file, "--dry-run")
    done = run("import", file)
    again = run("import", file)
    file.write_text("agents:\n- nam: x\n", "utf-8")
    bad = run("import", file)
    missing = run("import", tmp_path / "none.yaml")

    assert out.exit_code == dry.exit_code == done.exit_code == again.exit_code == 0, out.output
    assert "~ Продавец / kommo / settings / frequency: hourly → 5_minutes" in dry.output
    assert "dry run" in dry.output
    assert "Sign in" in done.output
    assert "webhook" in done.output
    assert "as the file says already" in again.output
    assert bad.exit_code == missing.exit_code == 1
    assert "  2: agents[0].nam: there is no such field" in bad.output
