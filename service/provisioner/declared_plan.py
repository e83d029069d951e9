"""The parts of template.yaml that builds carry out: start, stop and delete, with their resources and agents.

Rules for names: contract/lifecycle.md C5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain.schedules.cron import BadSchedule
from domain.schedules.script_times import read_script_times
from domain.templates.interpolation import escape, references
from domain.templates.values import (
    DEFAULT_DISPLAY_APPS,
    DISPLAY_APPS,
    SCRIPT_BEHAVIORS,
    TIMING_STAGES,
    AgentSpec,
    MetadataSpec,
    ResourceSpec,
    ScriptSpec,
    TimingSpec,
    TransitionPlan,
)
from service.provisioner.declared_apps import APP_KEYS, SIMULATION_KEYS, read_app, read_run, read_simulation
from service.provisioner.sections import Section, unique
from service.provisioner.unpacked import file_text, named_file

TRANSITION_KEYS = frozenset({"delay_seconds", "fail", "logs", "timings", "daily_cost", "resources", "ai_task"})
TIMING_KEYS = frozenset({"stage", "source", "action", "resource", "seconds"})
RESOURCE_KEYS = frozenset({"name", "type", "icon", "hide", "daily_cost", "instance_type", "metadata", "agents"})
METADATA_KEYS = frozenset({"key", "value", "sensitive"})
AGENT_KEYS = frozenset(
    {
        "name",
        "operating_system",
        "architecture",
        "directory",
        "env",
        "display_apps",
        "connection_timeout_seconds",
        "troubleshooting_url",
        "startup_script_behavior",
        "parent",
        "scripts",
        "apps",
        "run",
        "simulate",
    }
)
SCRIPT_KEYS = frozenset(
    {"display_name", "icon", "script", "run_on_start", "run_on_stop", "start_blocks_login", "timeout", "cron", "log_path"}
)

_AGENT_NAME = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")


def read_transition(section: Section, files: Mapping[str, bytes]) -> TransitionPlan:
    """One transition's plan, references checked but not replaced; `files` are the archive's, for scripts given by name.

    Raises `ImportFailed`.
    """
    resource_sections = section.sections("resources", RESOURCE_KEYS)
    resources = tuple(_resource(s, files) for s in resource_sections)
    unique(resource_sections, "name", [r.name for r in resources], "a resource")
    ai_task = section.section("ai_task", frozenset({"app"}))
    slug = ai_task.text("app")
    if slug and slug not in {app.slug for r in resources for agent in r.agents for app in agent.apps}:
        raise ai_task.failed("app", f"no app has the slug {slug!r}")
    return TransitionPlan(
        delay_seconds=section.seconds("delay_seconds"),
        fail=section.text("fail"),
        logs=tuple(section.texts("logs")),
        timings=tuple(map(_timing, section.sections("timings", TIMING_KEYS))),
        daily_cost=section.whole("daily_cost"),
        resources=resources,
        ai_task_app=slug,
    )


def _timing(section: Section) -> TimingSpec:
    return TimingSpec(
        stage=section.choice("stage", TIMING_STAGES, "apply"),
        source=section.text("source"),
        action=section.text("action"),
        resource=section.text("resource"),
        seconds=section.seconds("seconds", 1.0),
    )


def _resource(section: Section, files: Mapping[str, bytes]) -> ResourceSpec:
    metadata_sections = section.sections("metadata", METADATA_KEYS)
    metadata = tuple(MetadataSpec(m.name("key"), m.text("value"), m.flag("sensitive")) for m in metadata_sections)
    unique(metadata_sections, "key", [m.key for m in metadata], "metadata for the key")
    agent_sections = section.sections("agents", AGENT_KEYS)
    agents = tuple(_agent(s, files) for s in agent_sections)
    unique(agent_sections, "name", [a.name.lower() for a in agents], "an agent, in whatever letters, named")
    _check_parents(agent_sections, agents)
    _check_slugs(agent_sections, agents)
    return ResourceSpec(
        name=section.name("name"),
        type=section.text("type", "docker_container"),
        icon=section.text("icon"),
        hide=section.flag("hide"),
        daily_cost=section.whole("daily_cost"),
        instance_type=section.text("instance_type"),
        metadata=metadata,
        agents=agents,
    )


def _agent(section: Section, files: Mapping[str, bytes]) -> AgentSpec:
    name = section.name("name")
    if not _AGENT_NAME.fullmatch(name):
        raise section.failed("name", f"{name!r} is no agent name: letters and digits, with single hyphens inside")
    scripts = tuple(_script(s, files) for s in section.sections("scripts", SCRIPT_KEYS))
    blocks = any(s.run_on_start and s.start_blocks_login for s in scripts)
    apps = tuple(map(read_app, section.sections("apps", APP_KEYS)))
    return AgentSpec(
        name=name,
        operating_system=section.text("operating_system", "linux"),
        architecture=section.text("architecture", "amd64"),
        directory=section.text("directory"),
        env=section.text_map("env"),
        display_apps=_display_apps(section),
        connection_timeout_seconds=section.whole("connection_timeout_seconds", 120),
        troubleshooting_url=section.text("troubleshooting_url"),
        startup_script_behavior=section.choice("startup_script_behavior", SCRIPT_BEHAVIORS, "blocking" if blocks else "non-blocking"),
        parent=section.text("parent"),
        scripts=scripts,
        apps=apps,
        run=read_run(section),
        simulate=read_simulation(section.section("simulate", SIMULATION_KEYS), apps),
    )


def _display_apps(section: Section) -> tuple[str, ...]:
    if "display_apps" not in section:
        return DEFAULT_DISPLAY_APPS
    names = tuple(section.texts("display_apps"))
    for index, name in enumerate(names):
        if name not in DISPLAY_APPS:
            raise section.failed(f"display_apps[{index}]", f"{name!r} is none of {', '.join(DISPLAY_APPS)}")
        if name in names[:index]:
            raise section.failed(f"display_apps[{index}]", f"{name!r} is given twice")
    return names


def _script(section: Section, files: Mapping[str, bytes]) -> ScriptSpec:
    file = named_file(files, section.raw_text("script"))
    # A script file is a program in another language, whose own ${…} must survive: only what template.yaml itself says is rendered.
    source = section.text("script") if file is None else escape(file_text(files, file, section, "script"))
    return ScriptSpec(
        display_name=section.text("display_name"),
        icon=section.text("icon"),
        script=source,
        run_on_start=section.flag("run_on_start"),
        run_on_stop=section.flag("run_on_stop"),
        start_blocks_login=section.flag("start_blocks_login"),
        timeout=section.whole("timeout"),
        cron=_cron(section),
        log_path=section.text("log_path"),
    )


def _cron(section: Section) -> str:
    """When the script repeats; what depends on a parameter is seen by the agent first."""
    text = section.text("cron")
    if text and not any(references(text)):
        try:
            read_script_times(text)
        except BadSchedule as error:
            raise section.failed("cron", error.text) from None
    return text


def _check_parents(sections: list[Section], agents: tuple[AgentSpec, ...]) -> None:
    parents = {a.name: a.parent for a in agents}
    for section, agent in zip(sections, agents, strict=True):
        if agent.parent and agent.parent not in parents:
            raise section.failed("parent", f"no agent of this resource is named {agent.parent!r}")
        seen, above = {agent.name}, agent.parent
        while above and above in parents:
            if above in seen:
                raise section.failed("parent", f"{agent.name!r} would be its own ancestor")
            seen.add(above)
            above = parents[above]


def _check_slugs(sections: list[Section], agents: tuple[AgentSpec, ...]) -> None:
    """Slugs are unique among all agents of one resource."""
    seen: set[str] = set()
    for section, agent in zip(sections, agents, strict=True):
        for index, app in enumerate(agent.apps):
            if app.slug in seen:
                raise section.failed(f"apps[{index}].slug", f"there is already an app with the slug {app.slug!r} in this resource")
            seen.add(app.slug)
