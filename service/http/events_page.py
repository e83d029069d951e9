"""The catalogue of events as a page: everything in it comes from the registry and the samples, and it needs no script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

import orjson

_TITLE = "Events of Workspace Ledger"
_INTRO = (
    "Every change is one of these events, and nothing else changes anything. Their names and fields are a public interface: a changed"
    " shape is a new version, and every version that was ever released stays readable. Each event carries the same envelope: position"
    " in the log, id, stream and version in it, time, who did it and from where. They are found in the history of a workspace, in"
    " `/api/v2/audit/events`, in its stream, in webhooks, and in what `replay` prints."
)


def events_page(catalogue: Sequence[Mapping[str, Any]]) -> bytes:
    """The page, UTF-8. Its addresses are relative to `/api/v2/docs/`."""
    ordered = sorted(catalogue, key=lambda entry: (entry["category"], entry["name"]))
    groups = [(category, [*entries]) for category, entries in groupby(ordered, key=lambda entry: entry["category"])]
    return f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{_TITLE}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="docs.css">
</head>
<body>
  <a class="skip" href="#events">Skip to the events</a>
  <header class="bar">
    <h1><a href="../docs">Workspace Ledger <span class="quiet">events</span></a></h1>
    <nav class="links" aria-label="Documents"><a href="../docs">API</a><a href="../events.json">JSON</a></nav>
  </header>
  <div class="columns">
    <aside class="side"><nav aria-label="Events">{"".join(_listed(category, entries) for category, entries in groups)}</nav></aside>
    <main id="events" tabindex="-1">
      <p>{_inline(_INTRO)}</p>
      <p class="quiet">{len(ordered)} events</p>
{"".join(_article(entry) for _, entries in groups for entry in entries)}    </main>
  </div>
</body>
</html>
""".encode()


def _listed(category: str, entries: Iterable[Mapping[str, Any]]) -> str:
    items = "".join(f'<li><a class="plain" href="#{escape(entry["name"])}">{escape(entry["name"])}</a></li>' for entry in entries)
    return f"<details open><summary>{escape(category)}</summary><ul>{items}</ul></details>"


def _article(entry: Mapping[str, Any]) -> str:
    chips = [f"version {entry['version']}", f"since {entry['since']}", f"stream {entry['category']}/<id>"]
    if entry["follows"]:
        chips.append("recorded as a consequence")
    if entry["personal"]:
        chips.append(f"personal: {', '.join(entry['personal'])}")
    if entry["upcast_from"]:
        chips.append(f"also reads version {', '.join(map(str, entry['upcast_from']))}")
    return (
        f'<article id="{escape(entry["name"])}"><h2><a href="#{escape(entry["name"])}">{escape(entry["name"])}</a></h2>'
        f'<ul class="chips">{"".join(f"<li>{escape(chip)}</li>" for chip in chips)}</ul>'
        f"{''.join(f'<p>{_inline(part)}</p>' for part in entry['description'].split(chr(10) * 2))}"
        f"{_fields(entry['schema'])}{_folded('Example', entry['example'])}{_folded('JSON Schema', entry['schema'])}</article>\n"
    )


def _fields(schema: Mapping[str, Any]) -> str:
    if not schema["properties"]:
        return '<p class="quiet">It has no fields: that it happened says all.</p>'
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_kind(part))}</td><td>{_remarks(part)}</td></tr>"
        for name, part in schema["properties"].items()
    )
    return f'<div class="scroll"><table><tr><th>Field</th><th>Type</th><th>Remarks</th></tr>{rows}</table></div>'


def _remarks(part: Mapping[str, Any]) -> str:
    remarks = ["personal: sealed in the log, empty once the person is erased"] if part.get("description") == "personal" else []
    if "default" in part:
        remarks.append(f"default <code>{escape(orjson.dumps(part['default']).decode())}</code>")
    return ", ".join(remarks)


def _kind(schema: Mapping[str, Any]) -> str:
    """A type in a few words: `list of string`, `date-time or null`."""
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    if schema.get("type") == "object":
        return f"map of {_kind(schema['additionalProperties'])}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _folded(title: str, document: Any) -> str:
    text = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
    return f'<details class="answer"><summary>{title}</summary><div><pre tabindex="0"><code>{escape(text)}</code></pre></div></details>'


def _inline(text: str) -> str:
    """Text with `code` marked as such, everything else as text."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(" ".join(text.split())))
