"""Old and new code work side by side for as long as an upgrade takes, and after it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.test_killed import JOBS, all_done, busy, notes, start  # noqa: F401 - fixtures

ROOT = Path(__file__).parents[2]
LABOR = "import sys; from tests.jobs.laborer import labor; labor(sys.argv[1], 0, 'new')"


@pytest.fixture
def upgraded(tmp_path, url):
    """A worker from a tree whose workflow was changed; it is gone after the test."""
    tree = tmp_path / "upgraded"
    for part in ("dashboard", "tests", "providers"):
        ignored = shutil.ignore_patterns("__pycache__", "*.svg", "static")
        shutil.copytree(ROOT / part, tree / part, ignore=ignored)
    workflow = tree / "dashboard/jobs/workflow.py"
    text = workflow.read_text()
    changed = text.replace("    _run(Order", "    text = str(text)\n    _run(Order")
    assert changed != text
    workflow.write_text(changed)
    process = subprocess.Popen([sys.executable, "-c", LABOR, url], cwd=tree)
    yield process
    process.kill()
    process.wait()


def test_the_new_version_takes_over_from_the_old_one(jobs, notes, busy, upgraded, until):  # noqa: F811
    both = until(lambda: jobs.stats().workers == 2, 60)
    busy.kill()
    busy.join()

    assert both
    assert until(all_done(notes), 60)
    assert notes("done", by="new") == dict.fromkeys(range(JOBS), 1)
    assert upgraded.poll() is None
