"""The catalogue as a page: every event with all that the catalogue says of it, and nothing of it as markup."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from service.http.events_page import events_page
from service.store.catalogue import catalogue

#: Elements that have no end.
VOID = {"meta", "link", "br", "input"}


class Reading(HTMLParser):
    """The text of each article, and whether every element that was opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.articles: dict[str, str] = {}
        self.links: list[str] = []
        self._article = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "article":
            self._article = found["id"] or ""
            self.articles[self._article] = ""
        if tag == "a":
            self.links.append(found["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "article" in self.open:
            self.articles[self._article] += data


def read(entries: list[dict[str, Any]]) -> Reading:
    reading = Reading()
    reading.feed(events_page(entries).decode())
    reading.close()
    assert reading.open == []
    return reading


def test_every_event_is_explained() -> None:
    reading = read(catalogue())
    assert set(reading.articles) == {entry["name"] for entry in catalogue()}
    for entry in catalogue():
        text = reading.articles[entry["name"]]
        assert f"version {entry['version']}" in text
        assert f"since {entry['since']}" in text
        assert f"stream {entry['category']}/" in text
        assert entry["example"]["id"] in text
        assert [name for name in entry["schema"]["properties"] if name not in text] == []
        assert text.count("personal: sealed in the log") == len(entry["personal"])
        assert ("recorded as a consequence" in text) == entry["follows"]


def test_links_within_the_page_lead_somewhere() -> None:
    reading = read(catalogue())
    inside = {link[1:] for link in reading.links if link.startswith("#")}
    assert inside == {*reading.articles, "events"}
    assert {link for link in reading.links if not link.startswith("#")} == {"../docs", "../events.json"}


def test_whatever_an_event_says_is_text() -> None:
    (entry,) = [entry for entry in catalogue() if entry["name"] == "WorkspaceTTLSet"]
    hostile = {**entry, "description": "<script>alert(1)</script> & `<b>`", "upcast_from": [1, 2]}
    page = events_page([hostile]).decode()
    assert "<script>" not in page
    text = read([hostile]).articles["WorkspaceTTLSet"]
    assert "<script>alert(1)</script> & <b>" in text
    assert "also reads version 1, 2" in text
