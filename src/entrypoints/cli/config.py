"""crypto-trader config: what can be set, and what is."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("config")
def command() -> None:
    """What can be set, and what is.

    \b
    Examples:
      crypto-trader config schema
      crypto-trader config show --config crypto-trader.toml
    """


@command.command("schema")
def schema_command() -> int:
    """Print the JSON schema of the configuration."""
    from entrypoints.wiring.settings import schema

    print(schema())
    return 0


@command.command("show")
@click.option("--config", "path", type=click.Path(path_type=Path), help="The file.")
def show_command(path: Path | None) -> int:
    """Print what is in force, secrets as stars."""
    from entrypoints.wiring.settings import load_settings

    print(load_settings(path).model_dump_json(indent=2))
    return 0
