"""A paper account outlives its process: everything comes back from the journal."""

from decimal import Decimal
from pathlib import Path

import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.paper.exchange import PaperExchange
from adapters.exchange.paper.journal import Journal
from adapters.exchange.simulated.matching import FillAssumptions
from application.errors import InputError
from application.ports.exchange import MarketOrder, PlacedState, Quote
from domain.events import Side
from domain.instruments import DEFAULT
from domain.money import Jpy

pytestmark = pytest.mark.asyncio(loop_scope="function")
START, ETH = 1_735_689_600_000, "eth_usdt"


class Ticking:
    """Trades at every full second, a yen higher each time."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock

    async def trades(self, pair: str, since: int) -> list[tuple[int, Decimal]]:
        first = max(since, START - 1_000) // 1_000 + 1
        last = self._clock.now() // 1_000
        return [
            (at * 1_000, Decimal(500_000 + at - START // 1_000)) for at in range(first, last + 1)
        ]

    async def quote(self, pair: str) -> Quote:
        return Quote(Jpy(Decimal(499_900)), Jpy(Decimal(500_100)))


def opened(path: Path, clock: SimulatedClock, parts: int = 1) -> PaperExchange:
    """The account as a program that just started has it."""
    return PaperExchange(
        clock=clock,
        source=Ticking(clock),
        journal=Journal(path),
        instruments=DEFAULT,
        cash=Jpy(Decimal(100_000)),
        terms=FillAssumptions(parts=parts),
    )


async def buy(account: PaperExchange, amount: int) -> str:
    order = MarketOrder(ETH, Side.BUY, Jpy(Decimal(amount)), None)
    return await account.place(order, await account.nonce())


async def everything(account: PaperExchange) -> tuple:
    return (
        await account.balances(),
        await account.account_fills(0),
        [await account.order(number) for number in account.history],
    )


@pytest.mark.parametrize("seconds", [0, 1, 3, 60])
async def test_a_restart_at_any_time_changes_nothing(tmp_path: Path, seconds: int) -> None:
    path, clock = tmp_path / "paper.jsonl", SimulatedClock(START)
    account = opened(path, clock, parts=3)
    first = await buy(account, 15_000)
    clock.move_to(START + seconds * 1_000)
    before = await everything(account)
    again = opened(path, clock, parts=3)
    assert await everything(again) == before
    clock.move_to(START + 600_000)
    assert await everything(again) == await everything(opened(path, clock, parts=3))
    assert (await again.order(first)).state is PlacedState.FILLED
    held = await again.balances()
    sold = MarketOrder(ETH, Side.SELL, None, held.coins_free[ETH])
    await again.place(sold, await again.nonce())
    clock.move_to(START + 700_000)
    assert (await again.balances()).coins_free[ETH] == 0
    assert await everything(opened(path, clock, parts=3)) == await everything(again)


async def test_nonces_go_on_rising_after_a_restart(tmp_path: Path) -> None:
    path, clock = tmp_path / "paper.jsonl", SimulatedClock(START)
    account = opened(path, clock)
    await buy(account, 1_000)
    used = max(one.nonce for one in account.history.values())
    assert await opened(path, clock).nonce() > used


async def test_the_cash_is_that_of_the_journal(tmp_path: Path) -> None:
    path, clock = tmp_path / "paper.jsonl", SimulatedClock(START)
    opened(path, clock)
    path.write_text(path.read_text().replace("100000", "5000"))
    assert (await opened(path, clock).balances()).jpy_free == Jpy(Decimal(5_000))


async def test_half_a_line_is_as_if_it_was_never_written(tmp_path: Path) -> None:
    path, clock = tmp_path / "paper.jsonl", SimulatedClock(START)
    account = opened(path, clock)
    await buy(account, 1_000)
    path.write_bytes(path.read_bytes()[:-5])
    again = opened(path, clock)
    assert again.history == {}
    assert (await again.balances()).jpy_free == Jpy(Decimal(100_000))
    await buy(again, 2_000)
    assert len(opened(path, clock).history) == 1


@pytest.mark.parametrize("line", ["nonsense", "{}", '{"what": "fill", "order": "9"}'])
async def test_a_damaged_journal_is_one_clear_error(tmp_path: Path, line: str) -> None:
    path, clock = tmp_path / "paper.jsonl", SimulatedClock(START)
    opened(path, clock)
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(InputError, match=r"journal|line 2"):
        opened(path, clock)
