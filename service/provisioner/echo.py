"""The built-in provisioner: carries out what a template's archive declares (contract/template-archive.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from psycopg_pool import AsyncConnectionPool

from domain.builds.commands import CompleteBuild
from domain.builds.state import BUILD as BUILD_DECIDER
from domain.kernel.decider import Decider
from domain.kernel.errors import Invalid, TooLarge
from domain.templates.dry_run_commands import CompleteDryRun
from domain.templates.dry_runs import DRY_RUN as DRY_RUN_DECIDER
from domain.templates.failures import ImportFailed
from domain.templates.interpolation import BuildFacts, UnknownReference, build_scope, render_transition
from domain.templates.state import TEMPLATE
from domain.templates.values import TemplatePlan
from domain.templates.variables import resolve_variables
from domain.templates.version_commands import CompleteImport
from domain.templates.versions import TEMPLATE_VERSION, TemplateVersion
from domain.users.state import USER
from domain.workspaces.state import WORKSPACE
from projections.agents.processes import is_still_up
from service.provisioner.archive import unpack
from service.provisioner.built import completed_build, new_id
from service.provisioner.jobs import BUILD, IMPORT, Job
from service.provisioner.processes import STOP_SECONDS
from service.provisioner.progress import JobFailed, Progress
from service.provisioner.template_yaml import parse_template
from service.store.files import file_content
from service.store.repository import Repository
from service.store.template_variables import variable_values

_STAGES = {"start": "Starting workspace", "stop": "Stopping workspace", "delete": "Deleting workspace"}
_SET_UP = "Setting up"
_CLEAN_UP = "Cleaning up"
_IMPORT = "Reading the template"
_PLAN = "Planning"

#: How often is looked whether agents are down, and how long after their end by force they may still be shown.
_LOOK_SECONDS = 0.1
_DOWN_SECONDS = 5.0

Result = CompleteBuild | CompleteImport | CompleteDryRun


class Echo:
    """Turns a job into the command that ends it with success. Holds no state: any process may carry out any job."""

    def __init__(self, repository: Repository, pool: AsyncConnectionPool[Any]) -> None:
        self._repository = repository
        self._pool = pool

    async def carry_out(self, job: Job, progress: Progress) -> Result:
        """The result of the job. Raises `JobFailed` and `JobCanceled`."""
        if job.type == BUILD:
            return await self._build(job, progress)
        if job.type == IMPORT:
            return await self._import(job, progress)
        return await self._dry_run(job, progress)

    async def _build(self, job: Job, progress: Progress) -> Result:
        started_at = progress.now()
        build = await self._load(BUILD_DECIDER, job.stream_id)
        stage = _STAGES[build.transition]
        await progress.say(_SET_UP, f"Build {build.number} of the workspace: {build.transition}")
        version = await self._load(TEMPLATE_VERSION, build.template_version_id)
        facts = await self._facts(build.workspace_id, build.transition)
        plan = await self._plan_of(version)
        declared = plan.transition(build.transition)
        variables = await self._variables(version.id, plan)
        try:
            rendered = render_transition(declared, build_scope(facts, dict(build.parameters), variables))
        except UnknownReference as error:
            raise JobFailed(f"The plan of the {build.transition} cannot be rendered: {error}") from None
        if build.number > 1:
            await self._wait_for_agents(build.workspace_id, progress)
        await progress.run(stage, rendered.delay_seconds, rendered.logs)
        if rendered.fail:
            raise JobFailed(rendered.fail)
        await progress.say(_CLEAN_UP)
        return completed_build(job.stream_id, job.workspace_id, job.worker_id, rendered, started_at)

    async def _wait_for_agents(self, workspace_id: str, progress: Progress) -> None:
        """Let process agents of the build before run their stop scripts: a machine is not taken away under them."""
        for _ in range(int((STOP_SECONDS + _DOWN_SECONDS) / _LOOK_SECONDS)):
            async with self._pool.connection() as connection:
                if not await is_still_up(connection, workspace_id):
                    return
            await progress.run(_SET_UP, _LOOK_SECONDS, ())

    async def _import(self, job: Job, progress: Progress) -> Result:
        version = await self._load(TEMPLATE_VERSION, job.stream_id)
        await progress.say(_SET_UP, f"Import of template version {version.name}")
        async with self._pool.connection() as connection:
            content = await file_content(connection, version.file_id)
            given = await variable_values(connection, version.id)
            inherited: Mapping[str, str] = {}
            if version.template_id is not None:
                template = await self._load(TEMPLATE, version.template_id)
                inherited = await variable_values(connection, template.active_version_id)
        if content is None:
            raise JobFailed("The archive of the template version no longer exists.")
        try:
            # Unpacking and parsing take as long as the archive is large: other jobs and requests go on meanwhile.
            await progress.flush()
            plan = await asyncio.to_thread(_parse, content, given, inherited)
            variables = resolve_variables(plan.variables, given.items(), inherited)
        except ImportFailed as error:
            raise JobFailed(error.message, error.code) from None
        job_spec = plan.import_job
        await progress.run(_IMPORT, job_spec.delay_seconds, _imported(plan))
        if job_spec.fail:
            raise JobFailed(job_spec.fail)
        await progress.say(_CLEAN_UP)
        plan = replace(plan, presets=tuple(replace(p, id=new_id()) for p in plan.presets))
        return CompleteImport(job.stream_id, job.worker_id, plan, plan.readme, variables)

    async def _dry_run(self, job: Job, progress: Progress) -> Result:
        dry_run = await self._load(DRY_RUN_DECIDER, job.stream_id)
        await progress.say(_SET_UP, "Dry run: nothing will be changed")
        version = await self._load(TEMPLATE_VERSION, dry_run.version_id)
        plan = await self._plan_of(version)
        user_id = dry_run.initiator_id or ""
        owner = await self._load(USER, user_id) if user_id else USER.initial
        template_name = (await self._load(TEMPLATE, version.template_id)).name if version.template_id else ""
        facts = BuildFacts(job.id, "dry-run", "start", user_id, owner.username, owner.name, owner.email, template_name)
        variables = await self._variables(version.id, plan)
        try:
            rendered = render_transition(plan.start, build_scope(facts, dict(dry_run.parameters), variables))
        except UnknownReference as error:
            raise JobFailed(f"The plan cannot be rendered: {error}") from None
        await progress.run(_PLAN, 0.0, [f"would create {r.type}.{r.name}" for r in rendered.resources])
        await progress.say(_CLEAN_UP)
        return CompleteDryRun(job.stream_id, job.worker_id, tuple(r.to_dict() for r in rendered.resources))

    async def _plan_of(self, version: TemplateVersion) -> TemplatePlan:
        if version.plan is None:
            raise JobFailed("The template version has not been imported.")
        return version.plan

    async def _facts(self, workspace_id: str, transition: str) -> BuildFacts:
        workspace = await self._load(WORKSPACE, workspace_id)
        owner = await self._load(USER, workspace.owner_id)
        template = await self._load(TEMPLATE, workspace.template_id)
        return BuildFacts(
            workspace_id, workspace.name, transition, workspace.owner_id, owner.username, owner.name, owner.email, template.name
        )

    async def _variables(self, version_id: str, plan: TemplatePlan) -> dict[str, str]:
        if not plan.variables:
            return {}
        async with self._pool.connection() as connection:
            return await variable_values(connection, version_id)

    async def _load(self, decider: Decider[Any], id: str) -> Any:
        return (await self._repository.load(decider, id)).state


def _parse(content: bytes, given: Mapping[str, str], inherited: Mapping[str, str]) -> TemplatePlan:
    try:
        files = unpack(content)
    except (Invalid, TooLarge) as error:
        raise ImportFailed(f"{error.message} {error.detail}".strip()) from None
    return parse_template(files, given.items(), inherited)


def _imported(plan: TemplatePlan) -> list[str]:
    """What was found, in a line per kind."""
    transitions = [name for name in _STAGES if plan.transition(name).resources]
    return [
        f"{len(plan.variables)} variables, {len(plan.parameters)} parameters, {len(plan.presets)} presets",
        f"resources declared for: {', '.join(transitions) or 'no transition'}",
    ]
