"""An agent with two apps, one of them with a health check, and two scripts."""

from __future__ import annotations

from domain.agents.events import AgentCreated

ID = "00000000-0000-4000-8000-00000000000f"
WORKSPACE, BUILD = "workspace-1", "build-1"
SPEC: dict[str, object] = {
    "apps": [
        {"id": "app-1", "slug": "code", "healthcheck": {"url": "http://localhost:1", "interval": 5, "threshold": 6}},
        {"id": "app-2", "slug": "plain", "healthcheck": {"url": "", "interval": 0, "threshold": 0}},
    ],
    "scripts": [{"id": "up", "log_source_id": "source-1"}, {"id": "down", "log_source_id": "source-2"}],
}
CREATED = AgentCreated(WORKSPACE, BUILD, "resource-1", "main", None, 120, SPEC)
