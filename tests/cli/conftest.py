import pytest
from click.testing import CliRunner

from dashboard.cli import main
from tests.app import desks


@pytest.fixture
def desk(tmp_path):
    with desks.assembled(tmp_path) as made:
        yield made


@pytest.fixture
def run(desk, monkeypatch):
    """Runs a command on the test's own desk."""
    monkeypatch.setenv("INTEGRATIONS_DATA_DIR", str(desk.settings.data_dir))
    monkeypatch.setenv("INTEGRATIONS_DATABASE_URL", desk.settings.database_url)
    monkeypatch.setenv("INTEGRATIONS_PUBLIC_URL", desk.settings.public_url)
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])
