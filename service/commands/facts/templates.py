"""Templates and their versions as decisions about builds and workspaces see them, and as the policy sees them."""

from __future__ import annotations

from domain.builds import values as builds
from domain.roles import objects
from domain.templates.state import Template
from domain.templates.values import actions_of
from domain.templates.versions import TemplateVersion
from domain.workspaces import values as workspaces


def template_object(template: Template) -> objects.Object:
    """The template for the policy, its access lists included."""
    return objects.template(
        id=template.id,
        organization_id=template.organization_id,
        user_acl={id: actions_of(role) for id, role in template.user_roles.items()},
        group_acl={id: actions_of(role) for id, role in template.group_roles.items()},
    )


def build_template_facts(template: Template) -> builds.TemplateFacts:
    """The template as a build sees it."""
    return builds.TemplateFacts(
        template.id,
        template.organization_id,
        template.active_version_id,
        bool(template.settings.get("use_classic_parameter_flow", False)),
        bool(template.settings.get("require_active_version", False)),
    )


def workspace_template_facts(template: Template) -> workspaces.TemplateFacts:
    """The template as a workspace sees it."""
    return workspaces.template_facts(template.id, template.organization_id, template.name, template.is_deleted, template.settings)


def version_facts(version: TemplateVersion) -> builds.VersionFacts | None:
    """The version as a build sees it; None if there is none. Tags are the author's and those of the archive, which win."""
    if not version.exists:
        return None
    plan = version.plan
    return builds.VersionFacts(
        version.id,
        version.template_id,
        version.name,
        version.import_status,
        version.import_error,
        version.file_id,
        version.tags if plan is None else {**version.tags, **plan.tags},
        () if plan is None else plan.parameters,
        () if plan is None else plan.presets,
        version.provisioner,
    )
