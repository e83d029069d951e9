"""What must never stand in the repository: places of one machine, hosts of package registries, marks of unfinished work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import ROOT, modules

# Each pattern has a class in it, so that it does not match its own text here.
MACHINE_PLACE = re.compile(r"(?<![\w.~])/(?:w[o]rk|r[o]ot)(?:/[\w.]|\b(?=[\"'\s`]))|/h[o]me/(?!nonexistent)[a-z]\w*/")
REGISTRY = re.compile(
    r"p[y]pi\.org|p[y]thonhosted|r[e]gistry\.npmjs|cr[a]tes\.io|pr[o]xy\.golang|--(?:extra-)?ind[e]x-url|dev[p]i\b|art[i]factory",
    re.IGNORECASE,
)
UNFINISHED = re.compile(r"\bT[O]DO\b|\bF[I]XME\b|\bX[X]X\b|\bHA[C]K\b|raise NotImplemented[E]rror|pytest\.mark\.sk[i]p\b|pytest\.sk[i]p\(")

TEXTS = {".py", ".sql", ".md", ".toml", ".lock", ".yaml", ".yml", ".json", ".sh", ".txt", ".html", ".cfg", ""}
SKIPPED_FOLDERS = {".git", ".venv", ".ledger", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "node_modules"}


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every text file of the checkout, whether committed or about to be."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            if path.name not in SKIPPED_FOLDERS:
                yield from files(path)
        elif path.suffix in TEXTS and path.name not in {".venv.lock", ".coverage"}:
            yield path


def places(path: Path, text: str, pattern: re.Pattern[str]) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if (match := pattern.search(line)) is not None:
            yield f"{path}:{number}: {match.group()}"


@pytest.mark.parametrize("pattern", [MACHINE_PLACE, REGISTRY], ids=["machine place", "package registry"])
def test_no_text_names(pattern: re.Pattern[str]) -> None:
    found = [
        place for path in files() for place in places(path.relative_to(ROOT), path.read_text(encoding="utf-8", errors="replace"), pattern)
    ]
    assert not found, "\n".join(["", *found])


def test_no_code_is_marked_unfinished() -> None:
    found = [place for module in modules() for place in places(module.path, module.text, UNFINISHED)]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PLACE, "see /w" + "ork/shared/design.md"),
        (MACHINE_PLACE, 'HOME = "/r' + 'oot"'),
        (MACHINE_PLACE, "/h" + "ome/ada/ledger"),
        (REGISTRY, "https://p" + "ypi.org/simple"),
        (UNFINISHED, "# TO" + "DO: later"),
        (UNFINISHED, "raise NotImplemented" + "Error"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


@pytest.mark.parametrize("text", ["/api/v2/workspaces", "homework/due", "the tree's root/branch", "cwd/root.txt", "${TMPDIR}/x"])
def test_the_patterns_leave_ordinary_words_alone(text: str) -> None:
    assert not MACHINE_PLACE.search(text)
