"""What a template version declares: parameters, variables, presets and, per transition, the plan that a build carries out.

These types are stored inside events through `to_dict`/`from_dict`; their field names are therefore a public format.
Source: contract/template-archive.md; the meaning of each field as the API shows it: contract/lifecycle.md A5 to A7, C5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.roles import acl
from domain.templates.plain import Plain

#: The kinds of provisioners that clients name: the one that is always there, and those that are attached.
BUILT_IN, ATTACHED = "echo", "terraform"
PARAMETER_TYPES = ("string", "number", "bool", "list(string)")
FORM_TYPES = ("", "radio", "dropdown", "input", "textarea", "slider", "checkbox", "switch", "tag-select", "multi-select", "error")
MONOTONIC_ORDERS = ("", "increasing", "decreasing")
VARIABLE_TYPES = ("string", "number", "bool")
DISPLAY_APPS = ("vscode", "vscode_insiders", "web_terminal", "ssh_helper", "port_forwarding_helper")
DEFAULT_DISPLAY_APPS = ("vscode", "web_terminal", "ssh_helper", "port_forwarding_helper")
SHARING_LEVELS = ("owner", "authenticated", "organization", "public")
OPEN_IN = ("slim-window", "tab")
APP_HEALTH = ("disabled", "initializing", "healthy", "unhealthy")
AGENT_LIFECYCLES = (
    "created",
    "starting",
    "start_timeout",
    "start_error",
    "ready",
    "shutting_down",
    "shutdown_timeout",
    "shutdown_error",
    "off",
)
SCRIPT_BEHAVIORS = ("blocking", "non-blocking")
AGENT_PLAYERS = ("simulated", "process", "none")
TIMING_STAGES = ("init", "plan", "graph", "apply")
TRANSITIONS = ("start", "stop", "delete")


@dataclass(frozen=True, slots=True)
class ParameterOption(Plain):
    """One allowed value of a parameter."""

    name: str
    value: str
    description: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class ParameterValidation(Plain):
    """Rules for a value; None or "" means that the rule is absent. `min` and `max` are inclusive."""

    regex: str = ""
    min: int | None = None
    max: int | None = None
    monotonic: str = ""
    error: str = ""

    @property
    def is_set(self) -> bool:
        """Whether any rule is given; an error text alone is none."""
        return bool(self.regex or self.monotonic) or self.min is not None or self.max is not None


@dataclass(frozen=True, slots=True)
class RichParameter(Plain):
    """A question to the workspace's owner. `default` is None when a value must be given; all values travel as text."""

    name: str
    type: str = "string"
    form_type: str = ""
    display_name: str = ""
    description: str = ""
    icon: str = ""
    default: str | None = None
    mutable: bool = False
    ephemeral: bool = False
    options: tuple[ParameterOption, ...] = ()
    validation: ParameterValidation = field(default_factory=ParameterValidation)

    @property
    def required(self) -> bool:
        """Whether the template leaves the value to the user."""
        return self.default is None

    @property
    def is_multi_select(self) -> bool:
        """Whether a value is a list whose elements, not the whole, are the options."""
        return self.type == "list(string)" and self.form_type == "multi-select"


@dataclass(frozen=True, slots=True)
class TemplateVariable(Plain):
    """An input of the template's author, given when a version is made."""

    name: str
    type: str = "string"
    description: str = ""
    default: str = ""
    required: bool = False
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Preset(Plain):
    """Values chosen together. `id` (UUID text) is given by whoever records the import; the archive has none."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    default: bool = False
    description: str = ""
    icon: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class HealthcheckSpec(Plain):
    """How an agent asks whether an app is well; `interval` in seconds, `threshold` in failures. No URL: not asked."""

    url: str = ""
    interval: int = 0
    threshold: int = 0


@dataclass(frozen=True, slots=True)
class AppSpec(Plain):
    """An app of an agent; `slug` is unique among the agents of one resource."""

    slug: str
    display_name: str = ""
    url: str = ""
    command: str = ""
    icon: str = ""
    external: bool = False
    subdomain: bool = False
    sharing_level: str = "owner"
    hidden: bool = False
    group: str = ""
    open_in: str = "slim-window"
    tooltip: str = ""
    order: int = 0
    healthcheck: HealthcheckSpec = field(default_factory=HealthcheckSpec)


@dataclass(frozen=True, slots=True)
class ScriptSpec(Plain):
    """A script of an agent: its source text, when it runs, `timeout` in seconds (0 = none)."""

    display_name: str = ""
    icon: str = ""
    script: str = ""
    run_on_start: bool = False
    run_on_stop: bool = False
    start_blocks_login: bool = False
    timeout: int = 0
    cron: str = ""
    log_path: str = ""


@dataclass(frozen=True, slots=True)
class SimulationSpec(Plain):
    """What the provisioner plays for a simulated agent; `app_health` maps app slugs to the health reported."""

    connect_after_seconds: float = 0.0
    lifecycle: str = "ready"
    disconnect_after_seconds: float | None = None
    app_health: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AgentSpec(Plain):
    """An agent of a resource. `parent` names another agent of that resource ("" = none); `run` says who plays it."""

    name: str
    operating_system: str = "linux"
    architecture: str = "amd64"
    directory: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    display_apps: tuple[str, ...] = DEFAULT_DISPLAY_APPS
    connection_timeout_seconds: int = 120
    troubleshooting_url: str = ""
    startup_script_behavior: str = "non-blocking"
    parent: str = ""
    scripts: tuple[ScriptSpec, ...] = ()
    apps: tuple[AppSpec, ...] = ()
    run: str = "simulated"
    simulate: SimulationSpec = field(default_factory=SimulationSpec)


@dataclass(frozen=True, slots=True)
class MetadataSpec(Plain):
    """A fact about a resource that its page shows."""

    key: str
    value: str = ""
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class ResourceSpec(Plain):
    """Something that a build makes; agents run in it."""

    name: str
    type: str = "docker_container"
    icon: str = ""
    hide: bool = False
    daily_cost: int = 0
    instance_type: str = ""
    metadata: tuple[MetadataSpec, ...] = ()
    agents: tuple[AgentSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class TimingSpec(Plain):
    """One step of a build as its timings show it."""

    stage: str = "apply"
    source: str = ""
    action: str = ""
    resource: str = ""
    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class TransitionPlan(Plain):
    """What one build does: runs for `delay_seconds`, then fails with `fail` or yields its resources.

    Strings hold unresolved references until `interpolation.render_transition`. `ai_task_app` is the slug of the app that
    makes the workspace an AI task, "" = none.
    """

    delay_seconds: float = 0.0
    fail: str = ""
    logs: tuple[str, ...] = ()
    timings: tuple[TimingSpec, ...] = ()
    daily_cost: int = 0
    resources: tuple[ResourceSpec, ...] = ()
    ai_task_app: str = ""


@dataclass(frozen=True, slots=True)
class ImportSpec(Plain):
    """What the import job does besides reading the archive."""

    delay_seconds: float = 0.0
    fail: str = ""


@dataclass(frozen=True, slots=True)
class TemplatePlan(Plain):
    """Everything that an archive declares; parameters and presets in display order. `readme` is the text itself."""

    readme: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    import_job: ImportSpec = field(default_factory=ImportSpec)
    variables: tuple[TemplateVariable, ...] = ()
    parameters: tuple[RichParameter, ...] = ()
    presets: tuple[Preset, ...] = ()
    start: TransitionPlan = field(default_factory=TransitionPlan)
    stop: TransitionPlan = field(default_factory=TransitionPlan)
    delete: TransitionPlan = field(default_factory=TransitionPlan)

    def transition(self, name: str) -> TransitionPlan:
        """The plan of `start`, `stop` or `delete`. Raises `KeyError` for another name."""
        return {"start": self.start, "stop": self.stop, "delete": self.delete}[name]

    @property
    def has_ai_task(self) -> bool:
        """Whether a started workspace of this version is an AI task."""
        return bool(self.start.ai_task_app)


def actions_of(role: str) -> tuple[str, ...]:
    """The actions that a sharing role (`admin`, `use`) stores in the access list of a template."""
    return acl.template_actions(role)


def role_of(actions: Iterable[str]) -> str:
    """The sharing role whose actions these are, or ""."""
    return acl.template_role(actions)
