"""Rank the coins: sells first, else the best buy, else hold."""

from collections.abc import Mapping, Sequence
from operator import attrgetter

import attrs

from domain.events import Action, Refusal, Thresholds
from domain.instant import SECOND
from domain.parameters import StrategyParameters
from domain.quick import quickly_made


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Holding:
    """An open position and when it was opened (ms)."""

    pair: str
    position: str
    opened_at: int


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Scored:
    """A pair with its total score and its own sell threshold; buyable with a technical score."""

    pair: str
    total: float
    sell_threshold: float
    buyable: bool


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Verdict:
    """What to do; `sells` worst first, `ranking` best first, `refused` why the others are not."""

    action: Action
    sells: tuple[Scored, ...]
    buys: tuple[Scored, ...]
    ranking: tuple[str, ...]
    refused: tuple[Refusal, ...]


_total = attrgetter("total")


def decide(
    scored: Sequence[Scored],
    holdings: Sequence[Holding],
    busy: Mapping[str, str],
    thresholds: Thresholds,
    now: int,
    p: StrategyParameters,
) -> Verdict:
    """The one decision of an analysis at `now` (ms); `scored` in configuration order.

    Every open position at or under its sell threshold is sold, worst first, once it was held
    long enough. Without a sale the best pair that is not held is bought, if it reaches the buy
    threshold. Pairs in `busy` (an order is under way, with its state) are left alone.
    """
    ranked = sorted(scored, key=_total, reverse=True)
    ranking = tuple(one.pair for one in ranked)
    held = {one.pair: one for one in holdings}
    refused: list[Refusal] = []
    sells: list[Scored] = []
    candidates: list[Scored] = []
    for one in ranked:
        if one.pair in busy:
            refused.append(Refusal(one.pair, "order_under_way", 1.0, "<", 1.0))
        elif one.pair in held:
            stopped = _why_kept(one, held[one.pair], now, p)
            if stopped is None:
                sells.append(one)
            else:
                refused.append(stopped)
        else:
            candidates.append(one)
    sells.reverse()
    best = next((one for one in candidates if one.buyable), None)
    if sells:
        refused += [Refusal(one.pair, "sells_first", 1.0, "<", 1.0) for one in candidates]
        return Verdict(Action.SELL, tuple(sells), (), ranking, tuple(refused))
    buys = (best,) if best is not None and best.total >= thresholds.buy else ()
    refused += [_why_not_bought(one, best, thresholds) for one in candidates if one not in buys]
    action = Action.BUY if buys else Action.HOLD
    return Verdict(action, (), buys, ranking, tuple(refused))


def _why_kept(one: Scored, held: Holding, now: int, p: StrategyParameters) -> Refusal | None:
    """The guard that keeps an open position, or None when it is to be sold."""
    if one.total > one.sell_threshold:
        return Refusal(one.pair, "sell_threshold", one.total, "<=", one.sell_threshold)
    held_s = (now - held.opened_at) / SECOND
    if held_s < p.min_hold_s:
        return Refusal(one.pair, "min_hold", held_s, ">=", float(p.min_hold_s))
    return None


def _why_not_bought(one: Scored, best: Scored | None, limits: Thresholds) -> Refusal:
    if not one.buyable:
        return Refusal(one.pair, "no_technical", 0.0, ">=", 1.0)
    if best is not None and one.total >= limits.buy:
        return Refusal(one.pair, "not_the_best", one.total, ">", best.total)
    return Refusal(one.pair, "buy_threshold", one.total, ">=", limits.buy)
