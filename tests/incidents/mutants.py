"""Each production incident put back as a change of code, in memory: the simulation must find it.

A mutant is (what is changed, a context in which it is changed). Nothing of it survives the
context.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any

import attrs

from adapters.exchange.simulated.exchange import SimulatedExchange
from adapters.market_data import closed_only
from adapters.read_models.in_memory import InMemoryReadModels
from application.messages import Trouble
from application.ports.exchange import MarketOrder
from application.read_models import POSITIONS, projection
from application.strategy import decide_trades
from application.trading import book_order, execute_order, size_order
from application.troubles import Troubles
from domain import events as e
from domain.money import Jpy
from domain.trading import position_exits
from entrypoints.local.trader import Trader
from entrypoints.simulation import world
from entrypoints.simulation.faulty_exchange import FaultyExchange

Swap = tuple[Any, str, Any]


@contextmanager
def changed(*swaps: Swap) -> Iterator[None]:
    """Attributes replaced, and put back."""
    with ExitStack() as stack:
        for target, name, value in swaps:
            stack.callback(setattr, target, name, vars(target)[name])
            setattr(target, name, value)
        yield


async def _send_again(done):
    """Incident 1: no answer? then once more."""
    sent, exchange = done.order.sent, done.desk.exchange
    order = MarketOrder(done.order.pair, done.order.side, sent.amount, sent.quantity)
    exchange_id = await exchange.place(order, await exchange.nonce())
    await done.record(e.OrderAdopted(done.order.order, done.order.pair, exchange_id, "sent again"))


def _priced_by_the_ticker(order, fill):
    """Incident 2: the answer has no price, so the ticker's is taken."""
    price = order.sent.ask
    return e.OrderFillReceived(
        order.order, fill.id, fill.quantity, price, price * fill.quantity, fill.fee, fill.at
    )


async def _unfiltered(self, exchange_id, since):
    """Incident 3: the list of fills is not filtered by order."""
    del exchange_id
    return await self.account_fills(since)


_closed = book_order._closed


def _gain_in_dollars(order, row, held, quantity, proceeds, now):
    """Incident 4: what came in was counted in dollars."""
    dollars = Jpy(proceeds.amount / 150)
    return _closed(order, row, held, quantity, dollars, now)


async def _record_one_by_one(self, *events, others=(), at=None):
    """Incident 6: the fill is booked, and then, separately, the position."""
    await _record(self, *events, at=at)
    for commit in others:
        self.commits += await self.desk.log.append(commit)


_record = execute_order.Progress.record
_flagged = InMemoryReadModels.flagged


async def _first_row_of_each_pair(self, table):
    """Incident 7: one row a pair is read, and then filtered."""
    if table is not POSITIONS:
        return await _flagged(self, table)
    first: dict[str, Any] = {}
    for row in await self.everything(table):
        first.setdefault(row.pair, row)
    return [row for row in first.values() if row.open is not None]


_follow = position_exits.follow


def _take_profit_first(holding, price, p):
    """Incident 8: +10 % is taken before the trailing stop is looked at."""
    if price >= holding.entry * Decimal("1.1"):
        target = holding.entry * Decimal("1.1")
        return (e.TakeProfitHit(holding.position, holding.pair, price, target),)
    return _follow(holding, price, p)


async def _tell_every_time(self, name, failure):
    """Incident 9: every failure is an alert."""
    await self._tell(Trouble(name, str(failure)))


_thresholds = decide_trades.thresholds
_market_score = decide_trades.market_score
_total_score = decide_trades.total_score


def _fearless(widths, fear_greed, p):
    """Incident 10: extreme fear changes nothing."""
    del fear_greed
    return _thresholds(widths, None, p)


def _rounded_up(wanted, recent, instrument, p):
    """Incident 11: a quantity is rounded up."""
    del recent, p
    step = Decimal(1).scaleb(-instrument.decimals)
    return (wanted / step).to_integral_value() * step + step


async def _under_another_key(event, commit, _, rows):
    """Incident 12: written under a key that nobody reads."""
    row = projection.MarketContextRow("market", commit.at, event)
    rows.pending.append((projection.MARKET_CONTEXT, row))


def _zero_funding(fear_greed, funding, dominance, age_s, p):
    """Incident 13: funding that could not be fetched counts as 0."""
    found = _market_score(fear_greed, 0.0 if funding is None else funding, dominance, age_s, p)
    return attrs.evolve(found, funding_rate=funding)


def _half_by_default(is_bitcoin, technical, *rest):
    """Incident 14: a missing technical score is 0.5."""
    return _total_score(is_bitcoin, 0.5 if technical is None else technical, *rest)


def _as_served(pair, candles, after, now):
    """Incident 15: whatever the source serves is stored."""
    del pair, after, now
    return candles


async def _same_for_a_minute(self):
    """Incident 16: a nonce made of the time, in minutes."""
    return self._clock.now() // 60_000


async def _unguarded(self, name, failure):
    """Incident 17: an error page ends the program."""
    del self, name
    raise failure


async def _effect_before_intent(done):
    """Incident 18: sent first, written down afterwards."""
    desk, order = done.desk, done.order
    try:
        ready = await size_order.prepare(order, desk)
    except (execute_order.Retryable, execute_order.Broken):
        return
    if not isinstance(ready, size_order.Ready):
        refused = e.OrderRefused(order.order, order.pair, ready.guard, ready.detail)
        await done.record(refused)
        return
    sending = ready.submitting
    sent = MarketOrder(order.pair, order.side, sending.amount, sending.quantity)
    try:
        exchange_id = await desk.exchange.place(sent, sending.nonce)
    except execute_order.OutsideError as failure:
        await done.record(sending)
        await done.record(e.OrderRefused(order.order, order.pair, "not_sent", str(failure)))
        return
    await done.record(sending)
    await done.record(e.OrderPlaced(order.order, order.pair, exchange_id))


_busy = world.BUSY

MUTANTS: dict[int, tuple[str, Callable[[], Any]]] = {
    1: (
        "a lost answer is sent again",
        lambda: changed((execute_order, "resolve_doubt", _send_again)),
    ),
    2: (
        "the ticker for a fill's price",
        lambda: changed((book_order, "_received", _priced_by_the_ticker)),
    ),
    3: (
        "fills of other orders",
        lambda: changed(
            (FaultyExchange, "fills", _unfiltered),
            (book_order, "_of_order", lambda fills, _: fills),
        ),
    ),
    4: ("dollars for yen", lambda: changed((book_order, "_closed", _gain_in_dollars))),
    5: (
        "no minimum hold at the desk",
        lambda: changed((size_order, "_held_too_short", lambda *_: None)),
    ),
    6: (
        "fill and position apart",
        lambda: changed((execute_order.Progress, "record", _record_one_by_one)),
    ),
    7: (
        "one row a pair",
        lambda: changed((InMemoryReadModels, "flagged", _first_row_of_each_pair)),
    ),
    8: (
        "take-profit before the trailing stop",
        lambda: changed(
            (world, "BUSY", attrs.evolve(_busy, exits=_take_profit_first)),
        ),
    ),
    9: ("an alert for every failure", lambda: changed((Troubles, "failed", _tell_every_time))),
    10: ("no fear", lambda: changed((decide_trades, "thresholds", _fearless))),
    11: ("rounding up", lambda: changed((size_order, "distinct_quantity", _rounded_up))),
    12: (
        "a key nobody reads",
        lambda: changed(
            (
                projection,
                "PROJECTIONS",
                {**projection.PROJECTIONS, e.MarketContextCollected: _under_another_key},
            )
        ),
    ),
    13: ("missing is zero", lambda: changed((decide_trades, "market_score", _zero_funding))),
    14: ("missing is a half", lambda: changed((decide_trades, "total_score", _half_by_default))),
    15: ("candles that still form", lambda: changed((closed_only, "_sound", _as_served))),
    16: ("nonces by the minute", lambda: changed((SimulatedExchange, "nonce", _same_for_a_minute))),
    17: ("an error page ends it", lambda: changed((Trader, "_failed", _unguarded))),
    18: (
        "effect before intent",
        lambda: changed((execute_order, "_submit", _effect_before_intent)),
    ),
}
"""Incident -> what is changed, and the change."""
