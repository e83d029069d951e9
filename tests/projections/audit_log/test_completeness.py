"""Complete by construction: every kind of event is audited, or it is written down here why it is not."""

from __future__ import annotations

from collections.abc import Mapping

from domain.kernel.events import event_types
from projections.audit_log.changes import CHANGES
from projections.models import MODELS  # noqa: F401  (whoever folds an event has registered it)

_REASONS: Mapping[str, frozenset[str]] = {
    "telemetry: signs of life that nobody asked for": frozenset(
        {
            *("ApiKeyUsed", "UserSeen", "WorkspaceUsed"),
            *("AgentConnected", "AgentConnectionTimedOut", "AgentDisconnected", "AgentLifecycleChanged", "AgentStartupReported"),
            *("AgentLogSourceAdded", "AgentLogsStarted", "AgentLogsOverflowed", "AppHealthChanged", "AppStatusReported"),
            *("ScriptCompleted", "BuildLogsOverflowed", "DryRunLogsOverflowed", "TemplateImportLogsOverflowed"),
        }
    ),
    "the course of a job: its beginning was audited when somebody asked for it, a failed build is audited at its end": frozenset(
        {
            *("BuildStarted", "BuildCompleted", "WorkspaceBuildQueued", "WorkspaceBuildEnded", "AgentCreated", "AgentDeleted"),
            *("TemplateImportStarted", "TemplateImportCompleted", "TemplateImportFailed", "TemplateVersionAttached"),
        }
    ),
    "what follows by itself from another change, which is audited": frozenset(
        {
            *("NameReserved", "NameReleased", "WorkspaceNextStartSet", "WorkspaceDeletionScheduled"),
            *("TemplateRolloutBegun", "TemplateRolloutEnded"),
        }
    ),
    "extending is not audited (contract/workspaces.md 5.5)": frozenset({"BuildDeadlineSet"}),
    "plans that nobody carries out": frozenset(
        {"DryRunQueued", "DryRunStarted", "DryRunCompleted", "DryRunFailed", "DryRunCancelRequested", "DryRunCanceled"}
    ),
}


def test_every_kind_of_event_is_audited_or_passed_over_for_a_reason() -> None:
    audited = {cls.NAME for cls in CHANGES}
    passed_over = [name for names in _REASONS.values() for name in names]
    assert sorted([*audited, *passed_over]) == sorted(event_types())
