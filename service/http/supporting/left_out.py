"""What this service leaves out, each with a plain sentence instead of a mere unknown route (contract/clients.md 6)."""

from __future__ import annotations

from typing import NamedTuple

from aiohttp import web

from domain.kernel.errors import NotFound
from service.auth.agent_tokens import calling_agent
from service.http.call import Call
from service.http.routing import Access, Handler, Route

_NETWORK = "The network between people and workspaces is not part of this service: it keeps workspaces, it does not reach into them."
_PROVISIONER_RPC = "Provisioners attach over this service's REST interface; the RPC interface is not spoken here."
_LICENSES = "There are no licences here: everything that this service offers is on."
_SETTINGS = "Settings of the deployment are LEDGER_* variables of its processes; they cannot be read or changed over the API."
_STATISTICS = "Statistics and health of the deployment are at /metrics and /readyz."
_INSIGHTS = "Usage insights are not gathered here; the history of every workspace is at /workspaces/{workspace}/history."
_PROXIES = "There are no workspace proxies here: the deployment itself is the only region."
_TASKS = "Tasks and chats are not part of this service."
_NOTIFICATIONS = "This service notifies nobody; changes can be watched."
_BUDGETS = "Nothing here spends on AI, so there are no budgets for it."
_SECRETS = "Secrets of people are not kept here."
_TOOL = "The command-line tool is not handed out here; its releases are its makers' to give."
_PORTS = "Ports of workspaces cannot be reached through this service, so there is nothing to share."
_IDENTITY = "Agents sign in with the token that their build left them; identities of cloud machines are not verified here."
_EXTERNAL_AUTH = "This service signs nobody in to other services."
_REINIT = "Workspaces are not built ahead of time here, so no agent is ever given another one."
_TEST_AUDIT = "Entries of the audit log come from what happened, and from nothing else."
_OAUTH = "This service is no provider of OAuth2; people and programs sign in with tokens of their own."
_SIGN_IN = "People sign in with passwords here; other identity providers are not part of this service."


class LeftOut(NamedTuple):
    """A route that clients know and that is not offered here, and why."""

    method: str
    path: str
    why: str
    access: Access = Access.SESSION


TABLE: tuple[LeftOut, ...] = (
    LeftOut("GET", "/entitlements", _LICENSES, Access.PUBLIC),
    LeftOut("GET", "/licenses", _LICENSES),
    LeftOut("GET", "/deployment/config", _SETTINGS),
    LeftOut("GET", "/deployment/stats", _STATISTICS),
    LeftOut("GET", "/debug/health", _STATISTICS),
    LeftOut("PUT", "/appearance", _SETTINGS),
    LeftOut("GET", "/insights/daus", _INSIGHTS),
    LeftOut("GET", "/insights/templates", _INSIGHTS),
    LeftOut("GET", "/insights/user-activity", _INSIGHTS),
    LeftOut("GET", "/insights/user-latency", _INSIGHTS),
    LeftOut("GET", "/insights/user-status-counts", _INSIGHTS),
    LeftOut("GET", "/workspaceproxies", _PROXIES),
    LeftOut("GET", "/tasks", _TASKS),
    LeftOut("GET", "/chats", _TASKS),
    LeftOut("GET", "/notifications/settings", _NOTIFICATIONS),
    LeftOut("PUT", "/notifications/settings", _NOTIFICATIONS),
    LeftOut("GET", "/users/{user}/notifications/preferences", _NOTIFICATIONS),
    LeftOut("PUT", "/users/{user}/notifications/preferences", _NOTIFICATIONS),
    LeftOut("POST", "/users/{user}/webpush/subscription", _NOTIFICATIONS),
    LeftOut("DELETE", "/users/{user}/webpush/subscription", _NOTIFICATIONS),
    LeftOut("POST", "/users/{user}/webpush/test", _NOTIFICATIONS),
    LeftOut("GET", "/groups/{group}/ai/budget", _BUDGETS),
    LeftOut("PUT", "/groups/{group}/ai/budget", _BUDGETS),
    LeftOut("DELETE", "/groups/{group}/ai/budget", _BUDGETS),
    LeftOut("GET", "/users/{user}/ai/budget", _BUDGETS),
    LeftOut("PUT", "/users/{user}/ai/budget", _BUDGETS),
    LeftOut("DELETE", "/users/{user}/ai/budget", _BUDGETS),
    LeftOut("GET", "/users/{user}/secrets", _SECRETS),
    LeftOut("POST", "/users/{user}/secrets", _SECRETS),
    LeftOut("GET", "/users/{user}/secrets/{name}", _SECRETS),
    LeftOut("PATCH", "/users/{user}/secrets/{name}", _SECRETS),
    LeftOut("DELETE", "/users/{user}/secrets/{name}", _SECRETS),
    LeftOut("GET", "/derp-map", _NETWORK),
    LeftOut("GET", "/tailnet", _NETWORK),
    LeftOut("GET", "//derp", _NETWORK, Access.PUBLIC),
    LeftOut("GET", "/workspaces/{workspace}/port-share", _PORTS),
    LeftOut("POST", "/workspaces/{workspace}/port-share", _PORTS),
    LeftOut("DELETE", "/workspaces/{workspace}/port-share", _PORTS),
    LeftOut("POST", "/workspaceagents/aws-instance-identity", _IDENTITY, Access.PUBLIC),
    LeftOut("POST", "/workspaceagents/azure-instance-identity", _IDENTITY, Access.PUBLIC),
    LeftOut("POST", "/workspaceagents/google-instance-identity", _IDENTITY, Access.PUBLIC),
    LeftOut("GET", "/workspaceagents/me/external-auth", _EXTERNAL_AUTH, Access.AGENT),
    LeftOut("GET", "/workspaceagents/me/reinit", _REINIT, Access.AGENT),
    LeftOut("GET", "/external-auth", _EXTERNAL_AUTH),
    LeftOut("POST", "/audit/testgenerate", _TEST_AUDIT),
    LeftOut("GET", "/replicas", _STATISTICS),
    LeftOut("GET", "/oauth2-provider/apps", _OAUTH),
    LeftOut("GET", "//.well-known/oauth-authorization-server", _OAUTH, Access.PUBLIC),
    LeftOut("GET", "//bin/{name}", _TOOL, Access.PUBLIC),
    LeftOut("GET", "//install.sh", _TOOL, Access.PUBLIC),
    LeftOut("GET", "/applications/auth-redirect", _NETWORK),
    LeftOut("GET", "/organizations/{organization}/provisionerdaemons/serve", _PROVISIONER_RPC),
    LeftOut("GET", "/users/oauth2/github/callback", _SIGN_IN, Access.PUBLIC),
    LeftOut("GET", "/users/oauth2/github/device", _SIGN_IN, Access.PUBLIC),
    LeftOut("GET", "/users/oidc/callback", _SIGN_IN, Access.PUBLIC),
    LeftOut("GET", "/users/oidc-claims", _SIGN_IN),
)


def _refusing(left_out: LeftOut) -> Handler:
    async def refuse(call: Call) -> web.StreamResponse:
        if left_out.access is Access.AGENT:
            await calling_agent(call)
        raise NotFound("This is not part of the service.", left_out.why)

    return refuse


ROUTES: tuple[Route, ...] = tuple(
    Route(
        left_out.method,
        left_out.path,
        _refusing(left_out),
        access=left_out.access,
        permission="none",
        summary="Not offered here",
        description=left_out.why,
        responses={404: "Response"},
        tag="Not offered",
    )
    for left_out in TABLE
)
