"""All routes of workspaces but the watch of a single one."""

from __future__ import annotations

from service.http.routing import Route
from service.http.workspaces import acl, create, derived, history, lifetime, list_watch, listing, read, settings

ROUTES: tuple[Route, ...] = (
    *create.ROUTES,
    *listing.ROUTES,
    *list_watch.ROUTES,
    *read.ROUTES,
    *settings.ROUTES,
    *lifetime.ROUTES,
    *acl.ROUTES,
    *derived.ROUTES,
    *history.ROUTES,
)
