"""Names for tokens whose owners did not think of one: `quiet_harbor7` (contract/identity.md 4)."""

from __future__ import annotations

import secrets

_ADJECTIVES, _NOUNS = (
    text.split()
    for text in (
        """
    amber ancient autumn bold brave bright brisk calm candid cheerful clever coastal copper cosmic crisp curious dapper deep eager
    early earnest fabled fair fearless fleet fond frosty gentle gilded glad golden grand hardy hidden honest humble ivory jolly keen
    kind lively lucid lucky lunar mellow merry mighty misty modest nimble noble northern olive patient placid plucky polished proud
    quiet quick radiant rapid rustic sage scarlet serene shady silent silver sleek snowy solar spry steady stellar still stout sunny
    swift tidy tranquil trusty upbeat vivid warm western wild windy wise witty zesty
    """,
        """
    acorn anchor anvil arbor atlas badger basin beacon birch bison breeze bridge brook canyon cedar cliff cloud comet compass condor
    coral crane creek delta dune eagle ember falcon fern fjord forest fox garden glacier glade grove gull harbor hawk heron hill
    island jasper kestrel lagoon lantern lark lily lynx maple marsh meadow mesa moon moss oak ocean orchard osprey otter owl peak
    pebble pine plateau pond prairie quartz raven reef ridge river robin sail sequoia shore sparrow spring spruce star stone stream
    summit sunrise swan thicket thistle tide trail valley violet walnut wave willow wren
    """,
    )
)


def random_token_name() -> str:
    """A readable name with `_` and four digits. It is not promised to be unique: the caller tries again when it is taken."""
    return f"{secrets.choice(_ADJECTIVES)}_{secrets.choice(_NOUNS)}{secrets.randbelow(9000) + 1000}"
