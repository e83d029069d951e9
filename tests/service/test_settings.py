from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from service.settings import Role, Settings, SettingsError, add_flags


def load(*flags: str, **environ: str) -> Settings:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return Settings.load(environ, parser.parse_args(list(flags)))


def test_nothing_set_gives_the_documented_defaults() -> None:
    settings = load(LEDGER_LOG_FORMAT="json")
    assert settings == Settings()
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 3000, Path(".ledger"))
    assert settings.roles == frozenset(Role)
    assert (settings.access_url, settings.database_url, settings.bus) == (None, "", "postgres")
    assert (settings.watch_ping_seconds, settings.autobuild_seconds, settings.agent_disconnect_seconds) == (15, 60, 30)
    assert (settings.provisioners, settings.rate_limit, settings.allow_workspace_renames) == (3, 512, False)


def test_a_flag_wins_over_its_variable() -> None:
    assert load("--address", "127.0.0.1:1", LEDGER_ADDRESS="127.0.0.1:2").port == 1


def test_an_empty_variable_counts_as_unset() -> None:
    assert load(LEDGER_ADDRESS="", LEDGER_ROLES=" ").port == 3000


def test_settings_load_without_flags() -> None:
    assert Settings.load({"LEDGER_PROVISIONERS": "7"}).provisioners == 7


def test_flags_of_other_commands_are_not_mistaken_for_settings() -> None:
    assert Settings.load({}, argparse.Namespace(port="x", roles=["y"], data_dir=1)).port == 3000


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("127.0.0.1:0", "127.0.0.1", 0),
        ("[::1]:8080", "::1", 8080),
        (":80", "0.0.0.0", 80),
        ("ledger.example.com:65535", "ledger.example.com", 65535),
    ],
)
def test_an_address_is_host_and_port(address: str, host: str, port: int) -> None:
    settings = load(LEDGER_ADDRESS=address)
    assert (settings.host, settings.port) == (host, port)


def test_roles_are_a_comma_separated_set() -> None:
    assert load(LEDGER_ROLES="web, Projector,web").roles == {Role.WEB, Role.PROJECTOR}


def test_an_access_url_loses_its_last_slash() -> None:
    assert load(LEDGER_ACCESS_URL="https://ledger.example.com/base/").access_url == "https://ledger.example.com/base"


def test_the_first_user_is_taken_as_written() -> None:
    settings = load(LEDGER_FIRST_USER_EMAIL="a@example.com", LEDGER_FIRST_USER_USERNAME="ada", LEDGER_FIRST_USER_PASSWORD=" blank ends ")
    assert (settings.first_user_email, settings.first_user_username, settings.first_user_password) == (
        "a@example.com",
        "ada",
        " blank ends ",
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LEDGER_ADDRESS", "3000"),
        ("LEDGER_ADDRESS", "127.0.0.1:65536"),
        ("LEDGER_ADDRESS", "::1:80"),
        ("LEDGER_ADDRESS", "host:http"),
        ("LEDGER_ADDRESS", "host:²"),
        ("LEDGER_DATABASE_URL", "mysql://x"),
        ("LEDGER_ROLES", "web,cook"),
        ("LEDGER_ROLES", ","),
        ("LEDGER_ACCESS_URL", "ledger.example.com"),
        ("LEDGER_ACCESS_URL", "http://[::1"),
        ("LEDGER_LOG_LEVEL", "loud"),
        ("LEDGER_LOG_FORMAT", "xml"),
        ("LEDGER_WATCH_PING_SECONDS", "0"),
        ("LEDGER_WATCH_PING_SECONDS", "nan"),
        ("LEDGER_AUTOBUILD_SECONDS", "soon"),
        ("LEDGER_AGENT_DISCONNECT_SECONDS", "inf"),
        ("LEDGER_ALLOW_WORKSPACE_RENAMES", "maybe"),
        ("LEDGER_PROVISIONERS", "-1"),
        ("LEDGER_PROVISIONERS", "1.5"),
        ("LEDGER_RATE_LIMIT", "9999999999999999"),
        ("LEDGER_BUS", "nats://127.0.0.1:4222"),
    ],
)
def test_a_bad_value_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(**{variable: value})
    assert raised.value.variable == variable
    assert str(raised.value).startswith(f"{variable}: ")
    assert len(raised.value.remedy) > 20


def test_a_first_user_without_a_password_is_refused_by_the_name_of_what_is_missing() -> None:
    with pytest.raises(SettingsError) as raised:
        load(LEDGER_FIRST_USER_EMAIL="a@example.com", LEDGER_FIRST_USER_USERNAME="ada")
    assert raised.value.variable == "LEDGER_FIRST_USER_PASSWORD"


def test_settings_shown_in_a_log_hold_no_password() -> None:
    settings = load(
        LEDGER_DATABASE_URL="postgresql://ledger:hidden-1@db/ledger",
        LEDGER_FIRST_USER_EMAIL="a@example.com",
        LEDGER_FIRST_USER_USERNAME="ada",
        LEDGER_FIRST_USER_PASSWORD="hidden-2",
    )
    assert "hidden" not in repr(settings)
