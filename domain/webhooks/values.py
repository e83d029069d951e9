"""What other features may know about webhooks: limits of their settings, and how long a replaced secret still signs."""

from __future__ import annotations

from datetime import timedelta

MAX_URL = 2048
MAX_DESCRIPTION = 1000

#: A receiver that still knows the old secret alone has this long to learn the new one: both sign meanwhile.
PREVIOUS_SECRET_LIFETIME = timedelta(hours=24)

#: Why a webhook is disabled: somebody asked for it, or its receiver answered 410.
REQUESTED, GONE = "requested", "gone"
