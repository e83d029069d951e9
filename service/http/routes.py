"""THE route table: every route of the service, in the order of its subjects."""

from __future__ import annotations

from service.http import (
    authcheck,
    available_users,
    build_requests,
    builds,
    dry_runs,
    dynamic_parameters,
    files,
    group_routes,
    keys,
    members,
    operations,
    organization_roles,
    organizations,
    passwords,
    personal,
    quotas,
    sessions,
    site_roles,
    template_acl,
    template_family,
    template_insights,
    template_versions,
    templates,
    users,
    version_details,
    workspace_watch,
)
from service.http.agents import routes as agents
from service.http.docs_page import documentation_routes
from service.http.routing import Route
from service.http.supporting import build_info, left_out, notifications, page_shell
from service.http.workspaces import routes as workspaces

ROUTES: tuple[Route, ...] = (
    *operations.ROUTES,
    *sessions.ROUTES,
    *users.ROUTES,
    *organizations.ROUTES,
    *organization_roles.ROUTES,
    *members.ROUTES,
    *available_users.ROUTES,
    *group_routes.ROUTES,
    *quotas.ROUTES,
    *authcheck.ROUTES,
    *site_roles.ROUTES,
    *personal.ROUTES,
    *passwords.ROUTES,
    *keys.ROUTES,
    *files.ROUTES,
    *templates.ROUTES,
    *template_acl.ROUTES,
    *template_insights.ROUTES,
    *template_family.ROUTES,
    *template_versions.ROUTES,
    *version_details.ROUTES,
    *dry_runs.ROUTES,
    *dynamic_parameters.ROUTES,
    *workspace_watch.ROUTES,
    *workspaces.ROUTES,
    *agents.ROUTES,
    *builds.ROUTES,
    *build_requests.ROUTES,
    *build_info.ROUTES,
    *page_shell.ROUTES,
    *notifications.ROUTES,
    *left_out.ROUTES,
    *documentation_routes(lambda: ROUTES),
)
