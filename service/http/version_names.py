"""Names for template versions that nobody named: easy to say, and hardly ever the same twice (contract/lifecycle.md A2)."""

from __future__ import annotations

import secrets


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ADJECTIVES = _words(
    "amber bold brave bright brisk calm clear clever cosy crisp daring deft eager early fair fine fleet fond frank free fresh gentle glad "
    "golden grand happy hardy honest jolly keen kind lively lucid lucky merry mild neat noble patient plain proud quick quiet ready "
    "rustic sharp silent silver simple smart snug solid spry steady stout sunny sure swift tidy true vivid warm wise witty"
)
_NOUNS = _words(
    "acorn anchor apple arrow aspen badger beacon birch bridge brook canyon cedar cliff clover comet coral crane creek delta dune ember "
    "falcon fern field finch fjord forest fox garden glade grove harbor hawk heron hill island ivy lagoon lake lantern lark maple marsh "
    "meadow moss oak ocean orchard otter owl pebble pine plover pond prairie quartz raven reef ridge river robin sage shore spruce stone "
    "summit swallow thistle tide trail valley willow wren"
)


def generated_name() -> str:
    """An adjective, a noun and four digits: `brave_otter4711`."""
    return f"{secrets.choice(_ADJECTIVES)}_{secrets.choice(_NOUNS)}{secrets.randbelow(10_000)}"
