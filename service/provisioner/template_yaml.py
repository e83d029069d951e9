"""`template.yaml` or `template.json` of an archive as a `TemplatePlan`. Source: contract/template-archive.md.

Variables are resolved first: texts outside of the transitions may use them and are replaced here, so that every check sees
what will be stored. Texts of the transitions keep their references until a build renders them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.templates.failures import ImportFailed
from domain.templates.interpolation import UnknownReference, check, known_references, references, render
from domain.templates.values import ImportSpec, TemplatePlan, TemplateVariable
from domain.templates.variables import resolve_variables
from service.provisioner.declared_parameters import (
    PARAMETER_KEYS,
    PRESET_KEYS,
    VARIABLE_KEYS,
    read_parameters,
    read_presets,
    read_variables,
)
from service.provisioner.declared_plan import TRANSITION_KEYS, read_transition
from service.provisioner.documents import parse_document
from service.provisioner.sections import Reading, Section
from service.provisioner.unpacked import file_text, named_file

FORMAT_VERSION = 1
NAMES = ("template.yaml", "template.json")
TEMPLATE_KEYS = frozenset({"version", "readme", "tags", "import", "variables", "parameters", "presets", "start", "stop", "delete"})
IMPORT_KEYS = frozenset({"delay_seconds", "fail"})


def parse_template(
    files: Mapping[str, bytes], given: Iterable[tuple[str, str]] = (), inherited: Mapping[str, str] | None = None
) -> TemplatePlan:
    """What the archive declares; `given` and `inherited` are variable values, as `resolve_variables` takes them.

    Takes time in proportion to the text: large ones belong on a worker thread. Raises `ImportFailed` for anything that is
    wrong, with the file, line and key; with its code when required variables have no value.
    """
    root, variables, values = _opened(files, given, inherited or {})
    file = root.reading.file
    static = root.using(Reading(file, _StaticTexts(variables, values)))
    parameters = read_parameters(static.sections("parameters", PARAMETER_KEYS))
    presets = read_presets(static.sections("presets", PRESET_KEYS))
    job = static.section("import", IMPORT_KEYS)
    known = known_references((p.name for p in parameters), values)
    plans = root.using(Reading(file, _BuildTexts(known)))
    return TemplatePlan(
        readme=_readme(static, files),
        tags=static.text_map("tags"),
        import_job=ImportSpec(job.seconds("delay_seconds"), job.text("fail")),
        variables=variables,
        parameters=parameters,
        presets=presets,
        start=read_transition(plans.section("start", TRANSITION_KEYS), files),
        stop=read_transition(plans.section("stop", TRANSITION_KEYS), files),
        delete=read_transition(plans.section("delete", TRANSITION_KEYS), files),
    )


def parse_tags(files: Mapping[str, bytes], given: Iterable[tuple[str, str]], inherited: Mapping[str, str]) -> Mapping[str, str]:
    """The provisioner tags alone, which the import needs before it can begin. Raises `ImportFailed`, not for what is wrong elsewhere."""
    root, variables, values = _opened(files, given, inherited)
    return root.using(Reading(root.reading.file, _StaticTexts(variables, values))).text_map("tags")


def _opened(
    files: Mapping[str, bytes], given: Iterable[tuple[str, str]], inherited: Mapping[str, str]
) -> tuple[Section, tuple[TemplateVariable, ...], Mapping[str, str]]:
    """The document, its variables and their values."""
    file = _template_file(files)
    no_names = Reading(file, lambda text: render(text, {}))
    root = Section(parse_document(files[file], file), "", TEMPLATE_KEYS, no_names)
    if "version" not in root:
        raise root.failed("version", "is missing")
    if root.whole("version") != FORMAT_VERSION:
        raise root.failed("version", f"only version {FORMAT_VERSION} of the format is known")
    variables = read_variables(root.sections("variables", VARIABLE_KEYS))
    return root, variables, resolve_variables(variables, given, inherited)


class _StaticTexts:
    """Replaces variables in what everybody may read; a secret must not get there."""

    __slots__ = ("secrets", "values")

    def __init__(self, variables: Iterable[TemplateVariable], values: Mapping[str, str]) -> None:
        self.values = {f"variable.{name}": value for name, value in values.items()}
        self.secrets = {f"variable.{v.name}" for v in variables if v.sensitive}

    def __call__(self, text: str) -> str:
        for name in references(text):
            if name in self.secrets:
                raise UnknownReference(f"${{{name}}} is sensitive and can be used in start, stop and delete alone")
        return render(text, self.values)


class _BuildTexts:
    """Keeps a build's texts as they are when everything they refer to exists."""

    __slots__ = ("known",)

    def __init__(self, known: frozenset[str]) -> None:
        self.known = known

    def __call__(self, text: str) -> str:
        check(text, self.known)
        return text


def _template_file(files: Mapping[str, bytes]) -> str:
    found = [name for name in NAMES if name in files]
    if len(found) != 1:
        raise ImportFailed(
            f"the archive has both {' and '.join(NAMES)}" if found else f"the archive has no {' or '.join(NAMES)} at its root"
        )
    return found[0]


def _readme(section: Section, files: Mapping[str, bytes]) -> str:
    name = section.text("readme")
    if not name:
        return ""
    path = named_file(files, name)
    if path is None:
        raise section.failed("readme", f"the archive has no file {name!r}")
    return file_text(files, path, section, "readme")
