"""All routes of workspaces but the streams."""

from __future__ import annotations

from service.http.routing import Route
from service.http.workspaces import acl, create, derived, lifetime, listing, read, settings

ROUTES: tuple[Route, ...] = (
    *create.ROUTES,
    *listing.ROUTES,
    *read.ROUTES,
    *settings.ROUTES,
    *lifetime.ROUTES,
    *acl.ROUTES,
    *derived.ROUTES,
)
