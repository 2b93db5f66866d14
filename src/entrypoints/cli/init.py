"""crypto-trader init: a commented configuration, by asking."""

from __future__ import annotations

from pathlib import Path

import click

from application.errors import InputError

TEMPLATE = """\
# Crypto Trader. `crypto-trader config schema` has everything that can be set; what is left out
# keeps its default. CRYPTO_TRADER_<SECTION>__<KEY> in the environment or in .env goes before this
# file: that is the better place for keys.

[general]
folder = {folder}        # where the log and its files are kept
language = {language}    # of messages to you: ja or en
coins = {coins}

[paper]
cash_jpy = {cash}        # what paper trading starts with

# [slack]
# webhook = "https://hooks.slack.com/services/..."

# [news]
# token = "..."          # CryptoPanic; without it there are no news
# plan = "growth"

# [mood]
# coingecko_key = "..."

# [tuner]
# proposer = "search"    # who proposes changes at 23:00; "off": nothing is ever changed

# [coincheck]            # only for real orders; give the key no right to withdraw
# key_id = "..."
# secret = "..."

# [live]
# confirm = "{confirmation}"

# [pairs.linea_usdt]     # then name all coins here, those above too; no code is needed
# binance = "LINEAUSDT"
# coincheck = "linea_jpy"
# news = "LINEA"
# name = "Linea"
# min_amount = "1.0"
# decimals = 2

# [strategy]             # constants that differ from the owner's
# buy_threshold = 0.28
"""


@click.command("init")
@click.option("--config", "path", type=click.Path(path_type=Path), help="The file to write.")
@click.option("--yes", is_flag=True, help="Ask nothing, take every default.")
def command(path: Path | None, yes: bool) -> int:
    """Write a commented configuration file; an existing one is left alone.

    \b
    Examples:
      crypto-trader init
      crypto-trader init --yes --config paper.toml
    """
    from domain.instruments import DEFAULT
    from entrypoints.wiring.settings import CONFIRMATION, FILE, load_settings

    path = path or Path(FILE)
    if path.exists():
        raise InputError(f"{path} is there already: remove it first, or name another file")
    answers = {"folder": "trader", "language": "ja", "cash": 100_000}
    known = [one.news for one in DEFAULT]
    coins = ",".join(known)
    if not yes:
        answers["folder"] = click.prompt("Folder for the log", default=answers["folder"])
        answers["language"] = click.prompt(
            "Language of messages", type=click.Choice(["ja", "en"]), default="ja"
        )
        coins = click.prompt(f"Coins ({coins})", default=coins)
        answers["cash"] = click.prompt(
            "Paper money to start with, in JPY", type=click.IntRange(1), default=100_000
        )
    chosen = [one.strip().upper() for one in coins.split(",") if one.strip()]
    DEFAULT.only(chosen)  # a coin that does not exist is said before anything is written
    text = TEMPLATE.format(
        folder=_quoted(str(answers["folder"])),
        language=_quoted(str(answers["language"])),
        coins="[" + ", ".join(_quoted(one) for one in chosen) + "]",
        cash=answers["cash"],
        confirmation=CONFIRMATION,
    )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    load_settings(path)
    click.echo(f"{path} written; next: crypto-trader paper --config {path}")
    return 0


def _quoted(text: str) -> str:
    """A TOML basic string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
