"""Why an import job fails: shown as the job's error, never as an HTTP refusal."""

from __future__ import annotations

REQUIRED_TEMPLATE_VARIABLES = "REQUIRED_TEMPLATE_VARIABLES"


class ImportFailed(Exception):
    """The archive cannot become a usable version; `message` is a sentence for its author, `code` the job's error code or ""."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
