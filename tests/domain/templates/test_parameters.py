"""Parameter values of a build, on both engines, and the check before an autostart."""

from __future__ import annotations

import pytest

from domain.kernel.errors import Invalid
from domain.templates.parameters import parameter_mismatch, resolve_classic, resolve_dynamic
from domain.templates.values import ParameterOption, ParameterValidation, Preset, RichParameter

MUST = RichParameter("must", mutable=True)
TEXT = RichParameter("text", default="hello", mutable=True)
FIXED = RichParameter("fixed", default="f")
ONCE = RichParameter("once", default="e", mutable=True, ephemeral=True)
GROW = RichParameter("grow", "number", default="10", mutable=True, validation=ParameterValidation(monotonic="increasing"))
PICK = RichParameter("pick", default="s", mutable=True, options=(ParameterOption("S", "s"), ParameterOption("L", "l")))
ALL = (MUST, TEXT, FIXED, ONCE, GROW, PICK)
DEFAULTS = {"must": "m", "text": "hello", "fixed": "f", "once": "e", "grow": "10", "pick": "s"}
ENGINES = pytest.mark.parametrize("resolve", [resolve_classic, resolve_dynamic])


@ENGINES
@pytest.mark.parametrize(
    ("given", "previous", "preset", "want"),
    [
        ([("must", "m")], {}, None, {}),
        ([("must", "1"), ("must", "2")], {}, None, {"must": "1"}),
        ([("must", "m"), ("surprise", "1"), ("TEXT", "x")], {}, None, {}),
        ([("must", "m"), ("text", ""), ("grow", ""), ("pick", "")], {}, None, {"text": "", "grow": "", "pick": ""}),
        ([], {"must": "p", "text": "t", "fixed": "q", "once": "gone"}, None, {"must": "p", "text": "t", "fixed": "q"}),
        ([("text", "new"), ("once", "now")], {"must": "p", "text": "t"}, None, {"must": "p", "text": "new", "once": "now"}),
        ([("must", "m"), ("text", "mine")], {}, {"text": "preset", "nothing": "x"}, {"text": "preset"}),
        ([("must", "m"), ("fixed", "q")], {"fixed": "q"}, None, {"fixed": "q"}),
        ([("must", "m"), ("fixed", "new here")], {"text": "t"}, None, {"text": "t", "fixed": "new here"}),
        ([("must", "m"), ("grow", "12")], {"grow": "12"}, None, {"grow": "12"}),
        ([("must", "m"), ("grow", "3")], {"grow": ""}, None, {"grow": "3"}),
    ],
)
def test_values_come_from_preset_request_previous_default(resolve, given, previous, preset, want) -> None:  # type: ignore[no-untyped-def]
    chosen = None if preset is None else Preset("p", preset)
    assert resolve(ALL, given, previous, chosen) == list({**DEFAULTS, **want}.items())


@pytest.mark.parametrize(
    ("given", "previous", "name", "cause"),
    [
        ([], {}, "must", "required"),
        ([("must", "")], {}, "must", "required"),
        ([("must", "")], {"must": "p"}, "must", "required"),
        ([("must", "m"), ("fixed", "g")], {"fixed": "f"}, "fixed", "is not mutable"),
        ([("must", "m"), ("fixed", "")], {"fixed": "f"}, "fixed", "is not mutable"),
        ([("must", "m"), ("grow", "9")], {"grow": "10"}, "grow", "must be equal or greater than previous value"),
        ([("must", "m"), ("pick", "m")], {}, "pick", "'m'"),
        ([("must", "m")], {"pick": "xl"}, "pick", "'xl'"),
    ],
)
def test_what_is_refused_names_the_parameter_and_the_cause(
    given: list[tuple[str, str]], previous: dict[str, str], name: str, cause: str
) -> None:
    with pytest.raises(Invalid) as classic:
        resolve_classic(ALL, given, previous)
    assert name in classic.value.message
    assert cause in classic.value.detail
    assert classic.value.validations == ()
    with pytest.raises(Invalid) as dynamic:
        resolve_dynamic(ALL, given, previous)
    assert [v.field for v in dynamic.value.validations] == [name]
    assert cause in dynamic.value.validations[0].detail


def test_the_classic_engine_stops_at_the_first_and_the_dynamic_one_lists_all_by_name() -> None:
    given = [("pick", "xl"), ("grow", "one")]
    with pytest.raises(Invalid) as classic:
        resolve_classic(ALL, given, {})
    assert '"must"' in classic.value.message
    with pytest.raises(Invalid) as dynamic:
        resolve_dynamic(ALL, given, {})
    assert [v.field for v in dynamic.value.validations] == ["grow", "must", "pick"]


@ENGINES
def test_a_presets_value_binds_like_a_request(resolve) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Invalid):
        resolve(ALL, [("must", "m")], {"fixed": "f"}, Preset("p", {"fixed": "other"}))


@ENGINES
def test_a_first_build_takes_over_values_that_bind_nobody(resolve) -> None:  # type: ignore[no-untyped-def]
    previous = {"must": "p", "fixed": "f", "grow": "50"}
    got = dict(resolve(ALL, [("fixed", "mine"), ("grow", "1")], previous, None, True))
    assert (got["must"], got["fixed"], got["grow"]) == ("p", "mine", "1")


@pytest.mark.parametrize(
    ("latest", "mismatch"),
    [({}, True), ({"must": "m"}, False), ({"must": ""}, True), ({"must": "m", "pick": "xl"}, True), ({"must": "m", "other": "x"}, False)],
)
def test_an_autostart_fails_for_want_of_a_value(latest: dict[str, str], mismatch: bool) -> None:
    assert parameter_mismatch(ALL, latest) is mismatch
    assert parameter_mismatch((), latest) is False
