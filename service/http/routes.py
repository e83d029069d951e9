"""THE route table: every route of the service, in the order of its subjects."""

from __future__ import annotations

from service.http import (
    available_users,
    files,
    keys,
    members,
    operations,
    organizations,
    passwords,
    personal,
    roles,
    sessions,
    site_roles,
    template_versions,
    templates,
    users,
    workspace_watch,
)
from service.http.docs_page import documentation_routes
from service.http.routing import Route
from service.http.workspaces import routes as workspaces

ROUTES: tuple[Route, ...] = (
    *operations.ROUTES,
    *sessions.ROUTES,
    *users.ROUTES,
    *organizations.ROUTES,
    *roles.ROUTES,
    *members.ROUTES,
    *available_users.ROUTES,
    *site_roles.ROUTES,
    *personal.ROUTES,
    *passwords.ROUTES,
    *keys.ROUTES,
    *files.ROUTES,
    *templates.ROUTES,
    *template_versions.ROUTES,
    *workspace_watch.ROUTES,
    *workspaces.ROUTES,
    *documentation_routes(lambda: ROUTES),
)
