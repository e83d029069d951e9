"""What a provisioner must know to carry out a job, as plain data; and its results, read with the rules of archives.

Source: contract/template-archive.md (the vocabulary of plans), contract/lifecycle.md C5.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from psycopg_pool import AsyncConnectionPool

from domain.builds.commands import CompleteBuild
from domain.builds.state import BUILD as BUILD_DECIDER
from domain.kernel.errors import Invalid, Violation
from domain.templates.dry_run_commands import CompleteDryRun
from domain.templates.dry_runs import DRY_RUN as DRY_RUN_DECIDER
from domain.templates.failures import ImportFailed
from domain.templates.state import TEMPLATE
from domain.templates.values import TransitionPlan
from domain.templates.variables import resolve_variables
from domain.templates.version_commands import CompleteImport
from domain.templates.versions import TEMPLATE_VERSION
from domain.users.state import USER
from domain.workspaces.state import WORKSPACE
from service.provisioner.built import completed_build, new_id
from service.provisioner.jobs import BUILD, IMPORT, Job
from service.provisioner.template_yaml import parse_template
from service.store.build_states import build_state
from service.store.repository import Repository
from service.store.template_variables import variable_values

_FILE = "template.json"


class Assignments:
    """Describes jobs and reads their results, large plans on a worker thread; holds no state."""

    def __init__(self, repository: Repository, pool: AsyncConnectionPool[Any]) -> None:
        self._repository = repository
        self._pool = pool

    async def describe(self, job: Job) -> dict[str, Any]:
        """The job as the schema `ProvisionerAssignment`. Values of variables and the state may be secret."""
        version = (await self._repository.load(TEMPLATE_VERSION, job.template_version_id)).state
        described: dict[str, Any] = {
            "job_id": job.id,
            "type": job.type,
            "template_version_id": job.template_version_id,
            "file_id": job.file_id,
            "variables": await self._variables(job, version.template_id),
            "is_resumed": job.is_resumed,
            "canceled": job.is_canceled,
        }
        if job.type == BUILD:
            return described | await self._build(job)
        if job.type == IMPORT:
            return described
        dry_run = (await self._repository.load(DRY_RUN_DECIDER, job.stream_id)).state
        return described | {"parameters": dict(dry_run.parameters), "owner": await self._owner(dry_run.initiator_id or "")}

    async def _build(self, job: Job) -> dict[str, Any]:
        build = (await self._repository.load(BUILD_DECIDER, job.stream_id)).state
        workspace = (await self._repository.load(WORKSPACE, job.workspace_id)).state
        async with self._pool.connection() as connection:
            state = await build_state(connection, job.stream_id)
        return {
            "build_id": job.stream_id,
            "build_number": build.number,
            "transition": build.transition,
            "parameters": dict(build.parameters),
            "workspace": {"id": workspace.id, "name": workspace.name},
            "owner": await self._owner(workspace.owner_id),
            "state": base64.b64encode(state).decode(),
        }

    async def _owner(self, user_id: str) -> dict[str, str] | None:
        if not user_id:
            return None
        user = (await self._repository.load(USER, user_id)).state
        return {"id": user_id, "username": user.username, "name": user.name, "email": user.email}

    async def _variables(self, job: Job, template_id: str | None) -> dict[str, str]:
        """As the import resolved them; for the import itself what its author gave, over what the template's active version has."""
        async with self._pool.connection() as connection:
            values = await variable_values(connection, job.template_version_id)
            if job.type != IMPORT or template_id is None:
                return values
            template = (await self._repository.load(TEMPLATE, template_id)).state
            return await variable_values(connection, template.active_version_id) | values

    async def completed_build(self, job: Job, plan: object, state: bytes | None) -> tuple[CompleteBuild, list[dict[str, str]]]:
        """The end of a build that yields what `plan` says, and the tokens of the agents that the provisioner must bring.

        Without a `state` the tokens are it. Raises `Invalid` for what archives could not say either.
        """
        found = await asyncio.to_thread(_transition, plan)
        build = (await self._repository.load(BUILD_DECIDER, job.stream_id)).state
        command = completed_build(job.stream_id, job.workspace_id, job.worker_id, found, build.started_at or job.created_at)
        tokens = orjson.loads(command.state)["agents"] if command.state else []
        return (command if state is None else replace(command, state=state)), tokens

    async def completed_import(self, job: Job, template: object, readme: str) -> CompleteImport:
        """The end of an import that found `template`, the content of a template.json. Raises `Invalid`."""
        given = await self._variables(job, (await self._repository.load(TEMPLATE_VERSION, job.template_version_id)).state.template_id)
        try:
            plan = await asyncio.to_thread(lambda: parse_template({_FILE: orjson.dumps(template)}, given.items()))
            variables = resolve_variables(plan.variables, given.items(), {})
        except ImportFailed as error:
            raise Invalid("The template is not valid.", validations=[Violation("template", error.message)]) from None
        plan = replace(plan, presets=tuple(replace(p, id=new_id()) for p in plan.presets))
        return CompleteImport(job.stream_id, job.worker_id, plan, readme, variables)

    async def completed_dry_run(self, job: Job, plan: object) -> CompleteDryRun:
        """The end of a dry run that would yield what `plan` says. Raises `Invalid`."""
        found = await asyncio.to_thread(_transition, plan)
        return CompleteDryRun(job.stream_id, job.worker_id, tuple(r.to_dict() for r in found.resources))


def _transition(plan: object) -> TransitionPlan:
    try:
        found = parse_template({_FILE: orjson.dumps({"version": 1, "start": plan if isinstance(plan, Mapping) else {}})}).start
    except ImportFailed as error:
        raise Invalid("The plan is not valid.", validations=[Violation("plan", error.message)]) from None
    if any(agent.run == "process" for resource in found.resources for agent in resource.agents):
        # It would run on this service's machine, which is no business of a provisioner elsewhere.
        raise Invalid("The plan is not valid.", validations=[Violation("plan", "run must be none or simulated")])
    return found
