"""A stranger adds a provider by writing one folder: nothing else is touched, everything is checked.

The folder under `minimal/` is as small as a provider can be. It is copied under another name
into an empty place, found by the registry, and run through the whole suite.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture
def stranger(tmp_path):
    """A folder of providers with one in it that this repository has never seen."""
    home = tmp_path / "more" / "stranger"
    for file in (HERE / "minimal").rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            target = home / file.relative_to(HERE / "minimal")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(file.read_text().replace("minimal", "stranger"))
    return home


def run_suite(home: Path, suite: str = "tests/contract") -> subprocess.CompletedProcess[str]:
    """The contract suite over the providers found in `home`'s folder, that one only."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-o",
            "addopts=--import-mode=importlib",
            suite,
            "-k",
            "stranger",
        ],
        cwd=ROOT,
        env={**os.environ, "MORE_PROVIDERS": str(home.parent), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_folder_is_found_and_keeps_every_promise(stranger):
    done = run_suite(stranger)

    assert done.returncode == 0, done.stdout[-3000:]
    assert "passed" in done.stdout


def test_the_suite_names_a_broken_promise(stranger):
    webhooks = stranger / "webhooks.py"
    webhooks.write_text(webhooks.read_text().replace("require_secret_header(", "print("))

    done = run_suite(stranger, "tests/contract/test_webhooks.py")
    assert done.returncode == 1
    assert "test_a_wrong_secret_is_refused[stranger]" in done.stdout
