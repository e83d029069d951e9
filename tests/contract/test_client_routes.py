"""What the reference's own clients call and cannot do without is in the route table (contract/clients.md 1 to 5)."""

from __future__ import annotations

import re

import pytest

from service.http.routes import ROUTES
from service.http.routing import Route

#: Rated MUST or SHOULD there, by group of section 5; `{}` is any parameter.
NEEDED = """
GET /buildinfo
GET /users/first
POST /users/first
GET /users/authmethods
POST /users/login
POST /users/logout
GET /users/{}
POST /users/{}/keys
POST /authcheck

GET /users
POST /users
DELETE /users/{}
PUT /users/{}/status/suspend
PUT /users/{}/status/activate
GET /users/{}/roles
GET /users/roles
PUT /users/{}/roles
PUT /users/{}/appearance
GET /organizations
GET /organizations/{}
GET /users/{}/organizations
GET /organizations/{}/members
GET /organizations/{}/members/{}
POST /organizations/{}/members/{}
DELETE /organizations/{}/members/{}
PUT /organizations/{}/members/{}/roles
GET /organizations/{}/paginated-members
GET /organizations/{}/members/{}/workspaces/available-users
GET /organizations/{}/settings/workspace-sharing
GET /organizations/{}/groups
GET /groups

GET /users/{}/keys/tokens
POST /users/{}/keys/tokens
GET /users/{}/keys/tokens/tokenconfig
GET /users/{}/keys/tokens/{}
GET /users/{}/keys/{}
DELETE /users/{}/keys/{}
PUT /users/{}/keys/{}/expire
GET /users/{}/gitsshkey
GET /users/{}/login-type

GET /templates
GET /templates/{}
PATCH /templates/{}
DELETE /templates/{}
GET /organizations/{}/templates/{}
GET /templates/{}/versions
PATCH /templates/{}/versions
GET /templates/{}/versions/{}
POST /templates/{}/versions/archive
GET /organizations/{}/templates/{}/versions/{}
GET /templateversions/{}
POST /templateversions/{}/archive
POST /templateversions/{}/unarchive
PATCH /templateversions/{}/cancel
GET /templateversions/{}/rich-parameters
GET /templateversions/{}/presets
GET /templateversions/{}/external-auth
GET /templateversions/{}/resources
GET /templateversions/{}/variables
GET /templateversions/{}/logs
GET /templateversions/{}/dynamic-parameters
POST /templateversions/{}/dynamic-parameters/evaluate
POST /files
GET /files/{}
POST /organizations/{}/templateversions
POST /organizations/{}/templates

POST /templateversions/{}/dry-run
GET /templateversions/{}/dry-run/{}
GET /templateversions/{}/dry-run/{}/matched-provisioners
GET /templateversions/{}/dry-run/{}/resources
GET /templateversions/{}/dry-run/{}/logs
PATCH /templateversions/{}/dry-run/{}/cancel

POST /users/{}/workspaces
GET /users/{}/workspace/{}
GET /users/{}/workspace/{}/builds/{}
GET /workspaces
GET /workspaces/{}
PATCH /workspaces/{}
GET /workspaces/{}/watch
GET /workspaces/{}/watch-ws
GET /workspaces/{}/builds
POST /workspaces/{}/builds
GET /workspacebuilds/{}
PATCH /workspacebuilds/{}/cancel
GET /workspacebuilds/{}/logs
GET /workspacebuilds/{}/parameters
GET /workspacebuilds/{}/timings
GET /workspacebuilds/{}/state
PUT /workspacebuilds/{}/state

GET /workspaceagents/{}
GET /workspaceagents/{}/logs
GET /workspaceagents/{}/watch-metadata
GET /workspaceagents/{}/watch-metadata-ws

GET /experiments
GET /appearance
GET /users/{}/appearance
GET /regions
GET /notifications/inbox
GET /notifications/inbox/watch
GET /deployment/ssh
GET /applications/host
GET /templates/examples
"""
#: Left out, and the refusal has to be plain: clients show it, or take it for "this deployment does not have that".
LEFT_OUT = """
GET /entitlements
GET /deployment/config
GET /deployment/stats
GET /debug/health
GET /workspaceproxies
GET /tasks
GET /workspaceagents/{}/coordinate
GET /workspaceagents/{}/connection
GET /workspaceagents/connection
GET /workspaceagents/{}/pty
GET /workspaceagents/{}/containers/watch
GET /workspaceagents/me/rpc
GET /workspaces/{}/port-share
GET /tailnet
GET /derp-map
GET //derp
GET /applications/auth-redirect
GET /organizations/{}/provisionerdaemons/serve
GET //.well-known/oauth-authorization-server
GET //bin/{}
GET //install.sh
"""


def _rows(table: str) -> list[str]:
    return [line for line in table.splitlines() if line]


def _shape(route: Route) -> str:
    return f"{route.method} {re.sub(r'{[^}]*}', '{}', route.path)}"


BY_SHAPE = {_shape(route): route for route in ROUTES}


@pytest.mark.parametrize("shape", _rows(NEEDED))
def test_what_clients_need_is_served(shape: str) -> None:
    assert min(BY_SHAPE[shape].responses) < 300


@pytest.mark.parametrize("shape", _rows(LEFT_OUT))
def test_what_is_left_out_says_so(shape: str) -> None:
    assert BY_SHAPE[shape].responses.keys() <= {404, 501}
