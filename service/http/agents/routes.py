"""Every route of agents. Those that agents call come first: `me` is no agent's id."""

from __future__ import annotations

from service.http.agents import identity, logs, metadata, read, reports
from service.http.routing import Access, Body, Handler, Route

_OWN = "the agent's own token"


def _report(path: str, handler: Handler, summary: str, *, request: str | None = None, answer: Body = None, method: str = "POST") -> Route:
    return Route(
        method,
        f"/workspaceagents/me/{path}",
        handler,
        access=Access.AGENT,
        permission=_OWN,
        summary=summary,
        request=request,
        responses={200: answer} if answer or method == "PATCH" else {204: None},
        tag="Agents",
    )


ROUTES: tuple[Route, ...] = (
    *identity.ROUTES,
    _report("heartbeat", reports.post_heartbeat, "Connect, and stay connected", answer="AgentHeartbeat"),
    _report("disconnect", reports.post_disconnect, "Leave"),
    _report("startup", reports.post_startup, "Report version and directory", request="AgentStartupReport"),
    _report("lifecycle", reports.post_lifecycle, "Report a state of the lifecycle", request="AgentLifecycleReport"),
    _report("app-health", reports.post_app_health, "Report the health of apps", request="AgentAppHealthReport"),
    _report("app-status", reports.patch_app_status, "Report what an app does", request="PatchAppStatus", method="PATCH"),
    _report("script-results", reports.post_script_result, "Report how a script ended", request="AgentScriptResult"),
    _report("usage", reports.post_usage, "Report how many connections there are", request="AgentUsageReport"),
    *logs.ROUTES,
    *metadata.ROUTES,
    *read.ROUTES,
)
