"""Whether a workspace may be built, how its build begins, and how one is cancelled.

Sources: contract/lifecycle.md B1, B6, C2, C4; contract/workspaces.md 3.2, 3.4. How builds end: `endings.py`.
"""

from __future__ import annotations

from domain.builds.commands import CancelBuild, NoteLogsOverflow, QueueBuild, ReplaceBuildState, StartBuild
from domain.builds.endings import canceled
from domain.builds.events import BuildCancelRequested, BuildLogsOverflowed, BuildQueued, BuildStarted, BuildStateReplaced
from domain.builds.state import BUILD, Build
from domain.builds.values import JobStatus, PreviousBuild, TemplateFacts, VersionFacts, WorkspaceFacts
from domain.kernel.decider import NOTHING, Decision, append
from domain.kernel.errors import BuildActive, Conflict, Forbidden, Invalid, NotAcceptable, NotFound, Stale, Violation
from domain.kernel.events import Event, Stream
from domain.templates.parameters import resolve_classic, resolve_dynamic
from domain.templates.presets import matching_preset, preset_by_id
from domain.templates.values import Preset
from domain.workspaces.events import WorkspaceBuildQueued, WorkspaceDormancySet


def refuse_contradictions(transition: str, *, orphan: bool, has_state: bool, deleted: bool) -> None:
    """What no right can make possible; said before rights are asked for (contract/lifecycle.md B1, steps 2 and 3).

    Raises `Conflict` for a deleted workspace, `Invalid` for an orphan that is no delete or brings a state.
    """
    if deleted and transition != "delete":
        raise Conflict("The workspace is deleted.", "A deleted workspace can only be deleted once more.")
    if orphan and transition != "delete":
        raise Invalid("Only a delete build can leave its resources behind.", "orphan goes with the transition delete alone.")
    if orphan and has_state:
        raise Invalid("A build cannot be given a state and be told to forget it.", "orphan and state exclude each other.")


def decide_queue_build(
    command: QueueBuild,
    workspace: WorkspaceFacts,
    template: TemplateFacts,
    version: VersionFacts | None,
    previous: PreviousBuild | None,
) -> Decision:
    """Queue build `latest_number + 1`; the workspace's stream notes it, and a start wakes a dormant workspace.

    `version` is the one that the command names, or that the rules choose; None: unknown.

    Raises `Conflict` (deleted), `Invalid`, `Forbidden`, `NotAcceptable` (import not ended), `BuildActive`, in the contract's order.
    """
    refuse_contradictions(command.transition, orphan=command.orphan, has_state=command.state is not None, deleted=workspace.deleted)
    if (command.orphan or command.state is not None) and not command.may_update_template:
        raise Forbidden("Only those who may update the template may replace a build's state.", "template:update is missing.")
    checked = _usable(version, template)
    if workspace.build_is_active:
        raise BuildActive("A workspace build is already active.", "Wait until it has ended, or cancel it.")
    given, preset = command.parameters, _chosen_preset(command, checked)
    engine = resolve_classic if template.use_classic_parameter_flow else resolve_dynamic
    values = engine(checked.parameters, given, dict(previous.parameters) if previous else {}, preset, previous is None)
    if preset is None and command.preset_id is None:
        preset = matching_preset(checked.presets, dict(values))
    if (
        template.require_active_version
        and command.transition == "start"
        and checked.id != template.active_version_id
        and not command.may_update_template
    ):
        raise Forbidden("The template requires its active version.", "Only those who may update the template may build another version.")
    queued = BuildQueued(
        workspace_id=workspace.id,
        number=workspace.latest_number + 1,
        transition=command.transition,
        reason=command.reason,
        organization_id=template.organization_id,
        template_id=template.id,
        template_version_id=checked.id,
        preset_id=preset.id if preset else None,
        initiator_id=command.initiator_id,
        job_id=command.job_id,
        file_id=checked.file_id,
        tags=_job_tags(checked, workspace.owner_id),
        parameters=[{"name": name, "value": value} for name, value in values],
        log_level=command.log_level,
        orphan=command.orphan,
        provisioner=checked.provisioner,
        of_task=previous is not None and previous.of_task,
    )
    noted: list[Event] = [WorkspaceBuildQueued(command.build_id, queued.number, queued.transition)]
    if workspace.is_dormant and command.transition == "start":
        noted.append(WorkspaceDormancySet(None, None))
    return (append(BUILD.stream(command.build_id), queued), append(Stream("workspace", workspace.id), *noted))


def _usable(version: VersionFacts | None, template: TemplateFacts) -> VersionFacts:
    if version is None:
        raise Invalid("The template version does not exist.", validations=(Violation("template_version_id", "template version not found"),))
    if version.template_id != template.id:
        raise Invalid("The template version belongs to another template.", f"Version {version.name} is not of this workspace's template.")
    if version.import_status.is_active:
        raise NotAcceptable("The template version is still being imported.", "Wait for its import to complete.")
    if version.import_status is JobStatus.FAILED:
        raise Invalid(f"The import of template version {version.name!r} failed.", version.import_error)
    if version.import_status is JobStatus.CANCELED:
        raise Invalid(f"The import of template version {version.name!r} was canceled.", "It cannot be built.")
    return version


def _chosen_preset(command: QueueBuild, version: VersionFacts) -> Preset | None:
    if command.preset_id is not None:
        preset = preset_by_id(version.presets, command.preset_id)
        if preset is None:
            raise Invalid("The preset does not exist.", validations=(Violation("template_version_preset_id", "preset not found"),))
        return preset
    return matching_preset(version.presets, dict(command.parameters)) if command.transition == "start" else None


def _job_tags(version: VersionFacts, owner_id: str) -> dict[str, str]:
    """Merged and forced as contract/lifecycle.md C4: a user-scoped build's job belongs to the workspace's owner."""
    scope = "user" if version.tags.get("scope") == "user" else "organization"
    return {**version.tags, "scope": scope, "owner": owner_id if scope == "user" else ""}


def decide_start_build(command: StartBuild, state: Build) -> Decision:
    """The first worker gets the job; for the others nothing happens."""
    if not state.exists or state.status is not JobStatus.PENDING:
        return NOTHING
    return (append(BUILD.stream(command.build_id), BuildStarted(state.workspace_id, state.job_id, command.worker_id)),)


def decide_cancel_build(command: CancelBuild, state: Build) -> Decision:
    """Raises `Invalid` for an ended or already cancelled job, `Stale` when `expect_status` is not its status."""
    if not state.exists:
        raise NotFound
    if state.completed_at is not None:
        raise Invalid("The build has already ended.", "Only a build that has not ended can be canceled.")
    if state.status is JobStatus.CANCELING:
        raise Invalid("The build is already being canceled.", "Its provisioner has been asked to stop.")
    if command.expect_status is not None and command.expect_status != state.status:
        raise Stale("The build's status has changed.", f"It was expected to be {command.expect_status} and is {state.status}.")
    if state.status is JobStatus.PENDING:
        return canceled(command.build_id, state)
    return (append(BUILD.stream(command.build_id), BuildCancelRequested(state.workspace_id, state.job_id)),)


def decide_note_logs_overflow(command: NoteLogsOverflow, state: Build) -> Decision:
    """Said once."""
    if not state.exists or state.logs_overflowed:
        return NOTHING
    return (append(BUILD.stream(command.build_id), BuildLogsOverflowed(state.workspace_id, state.job_id)),)


def decide_replace_state(command: ReplaceBuildState, state: Build) -> Decision:
    """Whoever may do so is trusted to know what they do: any build, ended or not. Raises `NotFound`."""
    if not state.exists:
        raise NotFound
    return (append(BUILD.stream(command.build_id), BuildStateReplaced(state.workspace_id)),)
