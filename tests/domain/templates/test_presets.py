"""Which preset fits."""

from __future__ import annotations

import pytest

from domain.templates.presets import matching_preset, preset_by_id
from domain.templates.values import Preset

EMPTY, BIG, HUGE, ODD = (
    Preset("empty"),
    Preset("big", {"size": "l"}),
    Preset("huge", {"size": "l", "cpu": "8"}),
    Preset("odd", {"nothing": "1"}),
)


@pytest.mark.parametrize(
    ("presets", "values", "want"),
    [
        ((), {}, None),
        ((BIG, HUGE), {}, None),
        ((BIG, HUGE), {"size": "l"}, BIG),
        ((BIG, HUGE), {"size": "l", "cpu": "8", "more": "x"}, HUGE),
        ((BIG, HUGE), {"size": "L"}, None),
        ((EMPTY, BIG), {}, EMPTY),
        ((EMPTY, BIG), {"size": "l"}, BIG),
        ((BIG, EMPTY), {"size": "s"}, EMPTY),
        ((BIG, Preset("twin", {"size": "l"})), {"size": "l"}, BIG),
        ((ODD,), {"nothing": "1"}, ODD),
    ],
)
def test_the_preset_that_fits_with_most_parameters(presets: tuple[Preset, ...], values: dict[str, str], want: Preset | None) -> None:
    assert matching_preset(presets, values) is want


def test_a_chosen_preset_is_found_by_its_id() -> None:
    one = Preset("one", id="1")
    assert preset_by_id((EMPTY, one), "1") is one
    assert preset_by_id((EMPTY, one), "2") is None
