"""Which preset a build uses. Source: contract/workspaces.md 3.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.templates.values import Preset


def preset_by_id(presets: Iterable[Preset], id: str) -> Preset | None:
    """The preset that the caller chose, or None when the version has no such preset."""
    return next((p for p in presets if p.id == id), None)


def matching_preset(presets: Iterable[Preset], values: Mapping[str, str]) -> Preset | None:
    """The preset all of whose parameters equal `values`; the one with most parameters wins, the first among equals.

    A preset without parameters matches anything. A creation asks with the given values, and every build that still has no
    preset asks again with the resolved ones, so that defaults can make one fit.
    """
    best: Preset | None = None
    for preset in presets:
        fits = all(values.get(name) == value for name, value in preset.parameters.items())
        if fits and (best is None or len(preset.parameters) > len(best.parameters)):
            best = preset
    return best
