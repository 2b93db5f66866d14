"""Options that all commands of the cloud share."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from application.errors import InputError
from entrypoints.stage import DEFAULT

stage_option = click.option(
    "--stage", default=DEFAULT, show_default=True, metavar="NAME", help="Which trader, if several."
)
region_option = click.option(
    "--region", metavar="NAME", help="Default: of the AWS configuration, else ap-northeast-1."
)
config_option = click.option(
    "--config", "path", type=click.Path(path_type=Path), help="Default: crypto-trader.toml, if any."
)
yes_option = click.option("--yes", "is_agreed", is_flag=True, help="Do not ask.")
json_option = click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")

_SECRET = ("key", "token", "secret", "webhook", "password")


def pairs_in(given: Sequence[str]) -> Mapping[str, str]:
    """NAME=VALUE texts by name. Raises InputError; for a secret too, which has no place there."""
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise InputError("--parameter: write NAME=VALUE")
        if any(word in name.lower() for word in _SECRET):
            raise InputError(
                f"--parameter {name}: a key has no place on a command line; "
                "set it in the configuration or the environment"
            )
        found[name] = value
    return found
