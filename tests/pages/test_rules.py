"""Pages are flat scripts: they draw, ask and call, nothing more."""

import ast
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "pages").glob("*.py"))
BANNED = (
    ast.ClassDef,
    ast.Try,
    ast.While,
    ast.Lambda,
    ast.AsyncFunctionDef,
)


@pytest.fixture(params=PAGES, ids=lambda path: path.stem)
def page(request):
    return request.param.read_text(encoding="utf-8")


def test_a_page_is_short(page):
    assert len(page.splitlines()) <= 90


def test_a_page_decides_nothing(page):
    assert [type(node) for node in ast.walk(ast.parse(page)) if isinstance(node, BANNED)] == []


def test_a_page_knows_only_ui_and_contracts(page):
    imported = [
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(page))
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]

    allowed = ("dashboard.ui", "dashboard.contracts", "streamlit")
    assert [name for name in imported if not name.startswith(allowed)] == []


def test_a_page_holds_no_sql_and_no_address(page):
    texts = [n.value for n in ast.walk(ast.parse(page)) if isinstance(n, ast.Constant)]
    words = " ".join(text for text in texts if isinstance(text, str)).lower()

    assert not [word for word in ("://", "select ", "insert ", "update ") if word in words]
