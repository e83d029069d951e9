"""The project's Python files and what they import, lazily or under TYPE_CHECKING too. Shared by the tests of this folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "projections", "service", "tests", "ops")


@dataclass(frozen=True, slots=True)
class Module:
    """`name` is dotted (`domain.kernel.errors`; a package bears its folder's name), `path` is relative to the checkout."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.name.split("."))


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module: `target` is dotted and, for our own code, always a module, never a name inside one."""

    importer: Module
    line: int
    target: str

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.target.split("."))

    def __str__(self) -> str:
        return f"{self.importer.path}:{self.line} imports {self.target}"


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file below the project's packages."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            relative = path.relative_to(ROOT)
            name = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
            text = path.read_text(encoding="utf-8")
            found.append(Module(name, relative, text, ast.parse(text, str(relative))))
    return tuple(found)


def in_package(*prefixes: str) -> Iterator[Module]:
    """The modules at or below these dotted names."""
    return (m for m in modules() if any(m.name == p or m.name.startswith(f"{p}.") for p in prefixes))


def imports(module: Module) -> Iterator[Import]:
    """All imports of a module, wherever they stand, relative ones resolved."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.parts if module.path.name == "__init__.py" else module.parts[:-1]
                base = ".".join((*package[: len(package) - node.level + 1], *([base] if base else [])))
            for alias in node.names:
                # `from domain.templates import values` names a module, `from domain.templates.values import X` does not.
                inner = f"{base}.{alias.name}"
                yield Import(module, node.lineno, inner if _is_module(inner) else base)


def all_imports(*prefixes: str) -> Iterator[Import]:
    """All imports of the modules at or below these dotted names."""
    for module in in_package(*prefixes):
        yield from imports(module)


@cache
def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def strings(module: Module) -> Iterator[ast.Constant]:
    """The texts in a module's code, docstrings included."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node
