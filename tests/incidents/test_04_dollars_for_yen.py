"""The result of a trade compared a Binance price in USD with a Coincheck entry in JPY.

What happened: a position that had hardly moved was booked at -99.4 %.

What must hold: the currency is part of the type. What is compared with the entry, at every tick
and at the end, is what Coincheck says in yen.
"""

import pytest

import domain.events as e
from domain.errors import CurrencyMismatch
from domain.money import Jpy, Usdt
from tests.given.stage import ETH, USDT, YEN, jpy, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


async def test_a_position_is_followed_and_closed_in_yen():
    with stage({ETH: [USDT, USDT * 1.01, USDT * 1.02]}) as it:
        await it.ticks(8, eth=0.9)
        (opened,) = await it.events(e.PositionOpened)
        assert float(opened.entry.amount) == pytest.approx(USDT * YEN, rel=0.002)
        # at 1,000 dollars a coin the stop of 95,000 yen would be hit, or the entry disbelieved
        assert await it.events(e.StopLossHit) == []
        assert await it.events(e.EntryDisbelieved) == []
        (*_, peak) = await it.events(e.PeakRaised)
        assert peak.peak == jpy(USDT * YEN * 1.02)
        await it.ticks(1, eth=-0.9)
        (closed,) = await it.events(e.PositionClosed)
        paid, got = (sum(fill.funds.amount for fill in one.fills) for one in it.placed)
        assert closed.gain.amount == got - paid
        assert closed.gain_pct == pytest.approx(float((got / paid - 1) * 100))
        assert 1.5 < closed.gain_pct < 2
        await it.judge_the_end()


async def test_dollars_and_yen_do_not_mix():
    yen, dollars = Jpy.of(1), Usdt.of(1)
    for mix in (
        lambda: yen - dollars,
        lambda: yen + dollars,
        lambda: yen < dollars,
        lambda: dollars >= yen,
    ):
        with pytest.raises(CurrencyMismatch):
            mix()
    assert yen != dollars
