"""The table of commands. A command's module is imported when it is called, not before."""

import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from application.errors import ConfigurationError, OutsideError
from domain.errors import DomainError

COMMANDS = {
    "download": "Fetch Binance's public candles into files that backtest reads.",
    "forecast": "What Chronos says at every analysis of recorded candles, for backtest.",
    "backtest": "Trade recorded candles and report what would have happened.",
    "simulate": "Trade synthetic markets while everything goes wrong, and judge every step.",
    "paper": "Trade live prices with money that does not exist.",
    "live": "Trade with real money on Coincheck, twice confirmed.",
    "doctor": "Examine clock, key, coins, feeds, disk and log, and say what to do.",
    "warm-up": "Fetch the candles of the first analysis beforehand.",
    "report": "A day in figures: trades, scores, positions, and whether the log is in order.",
    "tune": "How often the tuner is fooled, and how often it finds what is there.",
    "improvements": "What the tuner changed, why, what became of it, and the way back.",
    "tax": "Gains of a calendar year in yen, by the Japanese methods.",
    "explain": "Why an order or position came about, or why a trade did not.",
    "events": "List the events of a log.",
    "audit": "Check a log: nothing edited, and books that balance to the last decimal.",
    "anchor": "Print the digest of a log, to keep elsewhere.",
    "fake-coincheck": "Serve a faithful fake of Coincheck on 127.0.0.1, faults included.",
    "slack-preview": "Show every message that Slack can get, in the terminal.",
    "deploy": "Deploy a stage to AWS, in dry run: checks, what changes, your yes.",
    "destroy": "Delete a stage from AWS; what it recorded stays.",
    "arm": "Let a deployed stage trade with real money.",
    "disarm": "Stop a deployed stage from sending orders.",
    "status": "How a deployed stage does: orders, alarms, prices, positions, queues.",
    "logs": "What the functions of a deployed stage wrote, merged by time.",
    "settle": "Say what became of an order that evidence cannot settle.",
    "init": "Write a commented configuration file, by asking.",
    "config": "What can be set, and what is.",
    "replay": "Decide a log again and compare.",
    "package": "Write a zip for each function of the cloud, of what it imports alone.",
    "forecast-endpoint": "Deploy, look at and delete Chronos-2 on SageMaker.",
    "rebuild": "Fold the log again into its read models.",
    "cost": "What a month on AWS costs, computed from the template, and what it would if.",
}
FAILED = 1
INTERRUPTED = 130


class CommandTable(click.Group):
    """Lists commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of a first acquaintance."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported now; None when there is none."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(
            f"entrypoints.cli.{cmd_name.replace('-', '_')}"
        ).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line a command, from the table."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=CommandTable,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Nothing here is advice. A backtest that wins proves little; real money can be lost.",
)
@click.version_option(package_name="crypto-trader")
def cli() -> None:
    """Crypto Trader: an automatic spot trader that explains every trade.

    \b
    Examples:
      crypto-trader backtest --candles examples/candles --usdjpy 150
      crypto-trader simulate --seed 7 --days 3
      crypto-trader explain --log build/e.sqlite ORDER
    """


def main() -> None:
    """Run a command; every expected failure is one line on stderr.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """
    try:
        status = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        fail("interrupted: nothing was written", INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        fail("interrupted: nothing was written", INTERRUPTED)
    except (ConfigurationError, DomainError, OutsideError) as error:
        fail(str(error), FAILED)
    except BrokenPipeError:
        # the reader of a pipe has seen enough; nothing more may be flushed to it
        sys.stdout = None  # type: ignore[assignment]
        sys.exit(0)
    except OSError as error:
        fail(f"{error.filename or 'file'}: {error.strerror or error}", FAILED)
    leave(status if isinstance(status, int) else 0)


def leave(status: int) -> NoReturn:
    """Exit at once: taking millions of events apart would only cost seconds."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        status = 0  # the reader of the pipe has seen enough
    os._exit(status)


def fail(text: str, status: int) -> None:
    """One line on stderr, then the exit."""
    click.echo(f"crypto-trader: {text}", err=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
