"""Paper and live against all fakes: to the end, again from where it was, and one at a time."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.clock.simulated import SimulatedClock
from domain import events as e
from domain.instant import HOUR
from entrypoints.cli.main import cli
from entrypoints.fakes.services import FakeMarket, fake_services
from entrypoints.local.one_instance import only_one
from entrypoints.local.session import trade
from entrypoints.wiring.at_home import PAPER, Haste, at_home
from entrypoints.wiring.settings import CONFIRMATION, General, Settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "c.toml"
    path.write_text(
        f'[general]\nfolder = "{tmp_path}/trader"\ncoins = ["ETH", "BTC"]\n', encoding="utf-8"
    )
    return path


def run(*words: object) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a command."""
    ended = CliRunner().invoke(cli, list(map(str, words)), standalone_mode=False)
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        return 1, ended.stdout, str(ended.exception)
    return ended.return_value or 0, ended.stdout, ended.stderr


FAKES = ("--fakes", "--speed", "max", "--json")


def test_a_run_ends_clean_decides_the_same_again_and_goes_on_where_it_was(config: Path) -> None:
    status, out, err = run("paper", "--config", config, *FAKES, "--hours", 3, "--seed", 3)
    told = json.loads(out)
    assert (status, told["errors"]) == (0, 0), err
    assert told["ticks"] in {36, 37}
    assert told["analyses"] > 0
    assert "prices 2 of 2" in err
    status, out, _ = run("replay", "--verify", told["log"], "--json")
    again = json.loads(out)
    assert (status, again["equal"]) == (0, again["decisions"]) == (0, told["analyses"])
    status, out, _ = run("audit", told["log"], "--json")
    assert (status, json.loads(out)["balanced"]) == (0, True)

    status, out, _ = run("paper", "--config", config, *FAKES, "--hours", 1, "--seed", 3)
    more = json.loads(out)
    assert (status, more["errors"]) == (0, 0)
    assert more["trades"] >= told["trades"]
    status, out, _ = run("replay", "--verify", told["log"], "--json")
    again = json.loads(out)
    assert again["equal"] == again["decisions"] == told["analyses"] + more["analyses"]


def test_real_orders_to_the_fake_exchange_after_doctor_and_with_a_limit_told(config: Path) -> None:
    words = ("live", "--live", "--config", config, *FAKES, "--calm", "--hours", 1, "--seed", 3)
    status, out, err = run(*words)
    told = json.loads(out)
    assert (status, told["errors"]) == (0, 0), err
    assert "It may spend up to 30,000 JPY" in err
    status, out, _ = run("audit", told["log"], "--json")
    assert (status, json.loads(out)["balanced"]) == (0, True)
    status, _, err = run(*words)
    assert status == 1
    assert "remove the folder" in err


def test_real_money_is_confirmed_twice(config: Path) -> None:
    assert "add --live" in run("live", "--config", config)[2]
    status, _, err = run("live", "--live", "--config", config)
    assert status == 1
    assert CONFIRMATION in err


def test_real_money_needs_a_key(config: Path) -> None:
    with config.open("a", encoding="utf-8") as file:
        file.write(f'[live]\nconfirm = "{CONFIRMATION}"\n')
    status, _, err = run("live", "--live", "--config", config)
    assert status == 1
    assert "[coincheck] key_id" in err


def test_a_second_trader_in_the_folder_is_turned_away(config: Path, tmp_path: Path) -> None:
    with only_one(tmp_path / "trader" / "fakes"):
        status, out, err = run("paper", "--config", config, *FAKES, "--hours", 1)
    assert (status, out) == (1, "")
    assert "another trader" in err


@pytest.mark.parametrize("speed", ["0", "fast", "1e9"])
def test_a_speed_that_is_none(config: Path, speed: str) -> None:
    status, _, err = run("paper", "--config", config, "--fakes", "--speed", speed)
    assert status == 1
    assert "--speed" in err


def test_the_real_clock_cannot_be_hurried(config: Path) -> None:
    assert "--fakes" in run("paper", "--config", config, "--speed", "10")[2]


async def decisions(folder: Path, *, slack_is_down: bool) -> tuple[list[object], int, int]:
    """What was scored and decided in two calm hours; messages shown and lost."""
    general = General(folder=folder)
    settings = Settings(_env_file=None, general=general)
    market = FakeMarket(settings, 0)
    clock = SimulatedClock(market.first)
    with fake_services(settings, market, clock=clock, seed=0, is_calm=True) as up:
        up.slack.is_down = slack_is_down
        home_of = at_home(
            up.settings, account=PAPER, clock=clock, haste=Haste(speed=300.0), is_quiet=True
        )
        async with home_of as home:
            until = clock.now() + 2 * HOUR
            await trade(home, stop=asyncio.Event(), until=until, is_shown=False)
            store = home.environment.event_store()
            found = [
                event
                async for _, commit in store.read_all()
                for event in commit.events
                if isinstance(event, e.SignalScored | e.DecisionMade | e.OrderRequested)
            ]
            return found, home.slack.posted, home.slack.dropped


def test_slack_down_changes_no_decision(tmp_path: Path) -> None:
    (tmp_path / "up").mkdir()
    (tmp_path / "down").mkdir()
    up, shown, _ = asyncio.run(decisions(tmp_path / "up", slack_is_down=False))
    down, shown_then, dropped = asyncio.run(decisions(tmp_path / "down", slack_is_down=True))
    assert any(isinstance(one, e.OrderRequested) for one in up)
    assert up == down
    assert shown > 0
    assert shown_then == 0
    assert dropped > 0
