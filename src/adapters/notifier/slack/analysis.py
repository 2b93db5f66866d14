"""One analysis as Slack shows it: decision, thresholds, mood, coins and positions."""

from collections.abc import Iterator, Sequence

from adapters.notifier.slack import words as say
from adapters.notifier.slack.blocks import Block, context, divider, header, outside, section
from adapters.notifier.slack.words import Words
from application.messages import HeldPosition, RankedCoin, Ranking
from domain.events import Action, ChosenTrade, MarketReading, Thresholds

MOST_REASONS = 6
COMPONENTS = ("technical", "forecast", "sentiment", "market")
MOODS = ((25, "extreme_fear"), (45, "fear"), (56, "neutral"), (76, "greed"))
"""Each mood begins where the one before ends; as alternative.me draws the lines."""


def analysis_blocks(message: Ranking, words: Words) -> Iterator[Block]:
    """The blocks of a ranking."""
    yield header(_title(message, words))
    yield section("\n".join(_decision(message, words)))
    yield section(
        "\n".join([_thresholds(message.thresholds, words), mood_line(message.market, words)])
    )
    yield divider()
    for rank, one in enumerate(message.coins, 1):
        yield section(f"{_headline(rank, one, words)}\n{_parts(one, words)}")
    yield divider()
    yield from position_blocks(message.positions, words)
    time = words.label("time", time=say.clock_time(message.at))
    yield context(f"{time}\u3000{outside(message.analysis, 100)}")


def _title(message: Ranking, words: Words) -> str:
    coins = ", ".join(say.coin(one.pair) for one in message.trades)
    return words.ranking(f"title_{message.action}", coins=coins)


def _decision(message: Ranking, words: Words) -> Iterator[str]:
    for trade in message.trades:
        yield _trade(trade, words)
    if message.action is Action.HOLD:
        yield words.ranking("hold")
    if message.refused:
        yield words.label("reasons")
        for one in message.refused[:MOST_REASONS]:
            guard = words.name("guards", one.guard)
            yield "• " + words.label("reason", coin=say.coin(one.pair), guard=guard)
        if len(message.refused) > MOST_REASONS:
            yield words.label("more", count=len(message.refused) - MOST_REASONS)


def _trade(trade: ChosenTrade, words: Words) -> str:
    return words.ranking(
        "trade_sell" if trade.action is Action.SELL else "trade_buy",
        coin=say.coin(trade.pair),
        score=say.percent(trade.score, 3),
        threshold=say.percent(trade.threshold, 3),
    )


def _thresholds(limits: Thresholds, words: Words) -> str:
    return words.label(
        "thresholds",
        buy=say.percent(limits.buy, 3),
        sell=say.percent(limits.sell, 3),
        volatility=say.number(limits.volatility, 2),
        fear=say.number(limits.fear_factor, 2),
    )


def mood_line(market: MarketReading | None, words: Words) -> str:
    """Fear and greed, funding and dominance; what could not be fetched is said to be unknown."""
    if market is None:
        return words.label("no_mood")
    unknown = words.label("unknown")
    index, funding, dominance = market.fear_greed, market.funding_rate, market.btc_dominance
    return words.label(
        "mood",
        fear_greed=unknown if index is None else _fear_greed(index, words),
        funding=unknown if funding is None else f"{say.percent(funding * 100, 4)}%",
        dominance=unknown if dominance is None else f"{say.number(dominance, 1)}%",
    )


def _fear_greed(index: int, words: Words) -> str:
    mood = next((name for under, name in MOODS if index < under), "extreme_greed")
    return words.label(
        "fear_greed", value=say.number(index, 0), mood=words.name("fear_greed", mood)
    )


def _headline(rank: int, one: RankedCoin, words: Words) -> str:
    return words.label(
        "coin",
        rank=rank,
        coin=say.coin(one.pair),
        name=outside(one.name, 60),
        arrow=say.arrow(one.total),
        bar=say.bar(one.total),
        total=say.percent(one.total, 3),
    )


def _parts(one: RankedCoin, words: Words) -> str:
    parts = [
        words.label(
            "scores",
            label=words.label(name),
            value=say.score(getattr(one.components, name)),
            weight=f"{say.number(getattr(one.weights, name) * 100, 0)}%",
        )
        for name in COMPONENTS
    ]
    if one.adjustment:
        parts.append(words.label("adjustment", value=say.score(one.adjustment)))
    return " ・ ".join(parts)


def position_blocks(positions: Sequence[HeldPosition], words: Words) -> Iterator[Block]:
    """What is held, with what it would bring now."""
    if not positions:
        yield section(words.label("no_positions"))
        return
    yield section(words.label("positions"))
    for one in positions:
        yield section(_position(one, words))


def _position(one: HeldPosition, words: Words) -> str:
    held = one.position
    facts = {
        "coin": say.coin(held.pair),
        "quantity": say.quantity(held.quantity),
        "entry": say.price(held.entry),
        "stop": say.price(held.stop),
    }
    if one.price is None or one.gain is None:
        return words.label("position_unpriced", **facts)
    return words.label(
        "position",
        **facts,
        price=say.price(one.price),
        arrow=say.arrow(one.gain.amount),
        gain=say.yen(one.gain, sign=True),
        gain_pct=say.percent(one.gain_pct),
    )
