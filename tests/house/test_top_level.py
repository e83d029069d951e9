"""The checkout's top level: what a newcomer sees first holds nothing by accident."""

from __future__ import annotations

from tests.house.source import ROOT

COMMITTED = {
    *("domain", "projections", "service", "tests", "ops", "docs"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "pyproject.toml", "requirements.lock"),
    *(".ci", ".github", ".gitignore", ".gitattributes", ".dockerignore", ".editorconfig"),
}
#: Made on the spot by git and by tools, and ignored by git.
MADE = {*(".git", ".venv", ".venv.lock", ".ledger", "__pycache__"), *(".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis")}


def test_the_top_level_holds_only_what_belongs_there() -> None:
    assert sorted(entry.name for entry in ROOT.iterdir() if entry.name not in COMMITTED | MADE) == []


def test_what_tools_leave_behind_is_ignored() -> None:
    ignored = {line.strip().strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    assert MADE - {".git"} <= ignored


def test_the_commands_of_the_house_can_be_run() -> None:
    for name in ("ops/install", "ops/run", "ops/test", ".ci/run"):
        assert (ROOT / name).stat().st_mode & 0o111, name
        assert (ROOT / name).read_text().startswith("#!/usr/bin/env bash\n"), name
