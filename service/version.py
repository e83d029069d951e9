"""What this service says it is. The number before `+` names the API level that clients may rely on (contract/clients.md 0)."""

from __future__ import annotations

RELEASE = "0.1.0"
BUILD_VERSION = f"v2.30.0+ledger.{RELEASE}"
