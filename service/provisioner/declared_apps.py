"""The apps of an agent in template.yaml, and how a simulated agent behaves."""

from __future__ import annotations

import re

from domain.templates.values import (
    AGENT_LIFECYCLES,
    AGENT_PLAYERS,
    APP_HEALTH,
    OPEN_IN,
    SHARING_LEVELS,
    AppSpec,
    HealthcheckSpec,
    SimulationSpec,
)
from service.provisioner.sections import INT32, Section

APP_KEYS = frozenset(
    {
        "slug",
        "display_name",
        "url",
        "command",
        "icon",
        "external",
        "subdomain",
        "sharing_level",
        "hidden",
        "group",
        "open_in",
        "tooltip",
        "healthcheck",
        "order",
    }
)
HEALTHCHECK_KEYS = frozenset({"url", "interval", "threshold"})
SIMULATION_KEYS = frozenset({"connect_after_seconds", "lifecycle", "disconnect_after_seconds", "app_health"})

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def read_app(section: Section) -> AppSpec:
    """One app. Raises `ImportFailed`, as all functions here do."""
    slug = section.name("slug")
    if not _SLUG.fullmatch(slug):
        raise section.failed("slug", f"{slug!r} is no slug: lower-case letters and digits, with single hyphens inside")
    check = section.section("healthcheck", HEALTHCHECK_KEYS)
    return AppSpec(
        slug=slug,
        display_name=section.text("display_name"),
        url=section.text("url"),
        command=section.text("command"),
        icon=section.text("icon"),
        external=section.flag("external"),
        subdomain=section.flag("subdomain"),
        sharing_level=section.choice("sharing_level", SHARING_LEVELS, "owner"),
        hidden=section.flag("hidden"),
        group=section.text("group"),
        open_in=section.choice("open_in", OPEN_IN, "slim-window"),
        tooltip=section.text("tooltip"),
        order=section.whole("order", least=-INT32 - 1),
        healthcheck=HealthcheckSpec(check.text("url"), check.whole("interval"), check.whole("threshold")),
    )


def read_run(section: Section) -> str:
    """Who plays the agent."""
    return section.choice("run", AGENT_PLAYERS, "simulated")


def read_simulation(section: Section, apps: tuple[AppSpec, ...]) -> SimulationSpec:
    """What a simulated agent reports; its `app_health` may only name the agent's own apps."""
    health = section.text_map("app_health")
    slugs = {a.slug for a in apps}
    for slug, state in health.items():
        if slug not in slugs:
            raise section.failed(f"app_health.{slug}", "no app of this agent has this slug")
        if state not in APP_HEALTH:
            raise section.failed(f"app_health.{slug}", f"{state!r} is none of {', '.join(APP_HEALTH)}")
    return SimulationSpec(
        connect_after_seconds=section.seconds("connect_after_seconds"),
        lifecycle=section.choice("lifecycle", AGENT_LIFECYCLES, "ready"),
        disconnect_after_seconds=section.optional_seconds("disconnect_after_seconds"),
        app_health=health,
    )
