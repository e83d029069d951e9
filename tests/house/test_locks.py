"""Advisory locks of one database share one space of numbers: two meanings of one number would wait for each other for ever."""

from __future__ import annotations

import re

from tests.house.source import in_package

LOCK = re.compile(r"^(\w*LOCK\w*)\s*(?::[^=\n]+)?=\s*(0x[0-9A-Fa-f_]+|\d+)\s*$", re.MULTILINE)


def test_every_advisory_lock_has_a_number_of_its_own() -> None:
    found = [
        (int(number, 0), f"{module.name}.{name}")
        for module in in_package("projections", "service")
        for name, number in LOCK.findall(module.text)
    ]
    numbers = [number for number, _ in found]
    assert len(found) >= 4
    assert [where for number, where in found if numbers.count(number) > 1] == []
