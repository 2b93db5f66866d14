"""Judgements about coins: each against the criteria, their order rules, and how many they are.

A coin qualifies when it trades on Binance and on Coincheck's order-book exchange, is liquid and
has a fee of 0. Pure: facts in, findings out.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import attrs

from adapters.exchange.coincheck.market_checks import Book, Levels, Market
from domain.instruments import Instrument
from entrypoints.doctor.findings import Finding, Level, error, warning, well

RULES, COINS = "order rules", "number of coins"
SPREAD_KNOWN, SPREAD_MOST = Decimal("0.3"), Decimal(1)
"""Per cent of the middle. Paper trading and backtests assume 0.1."""
IMPACT_KNOWN, IMPACT_MOST = Decimal("0.3"), Decimal(1)
"""Per cent that the largest order pays over the best price."""
TICKER_OLDEST_S = 60
MANY = 10
ANALYSES_A_DAY, NEWS_PAGE, NEWS_CALLS_A_MONTH = 288, 20, 2_880
CANDLES_OF_FORECAST = 336


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class CoinFacts:
    """What was read about a coin; None: it was not, and what failed says so elsewhere.

    `binance` is the symbol's status, empty when it is not listed; `fee` the taker's fraction.
    """

    instrument: Instrument
    binance: str | None = None
    is_listed: bool | None = None
    market: Market | None = None
    book: Book | None = None
    ticker_age_s: float | None = None
    fee: Decimal | None = None


def judge_coin(facts: CoinFacts, largest_jpy: Decimal) -> list[Finding]:
    """Everything that speaks against a coin; one good finding when nothing does."""
    found = [*_listed(facts), *_liquid(facts, largest_jpy), *_priced(facts)]
    if any(one.level is not Level.OK for one in found):
        return [one for one in found if one.level is not Level.OK]
    text = "; ".join(one.text for one in found) or "nothing could be read about it"
    return [well(_check(facts), text)]


def _check(facts: CoinFacts) -> str:
    return f"coin {facts.instrument.news}"


def _listed(facts: CoinFacts) -> Iterator[Finding]:
    one, check = facts.instrument, _check(facts)
    leave_out = f"take {one.news} out of [general] coins"
    if facts.binance == "":
        yield error(check, f"Binance has no {one.binance}", leave_out)
    elif facts.binance not in (None, "TRADING"):
        yield warning(
            check,
            f"Binance says {facts.binance} of {one.binance}",
            "its prices stand still: wait, and watch its positions meanwhile",
        )
    if facts.is_listed is False:
        yield error(
            check, f"Coincheck's order-book exchange does not list {one.coincheck}", leave_out
        )
    market = facts.market
    if market is not None and not (
        market.status == "available" and market.availability.market_order
    ):
        yield warning(
            check,
            f"{one.coincheck} takes no market orders now: status {market.status}",
            "wait until Coincheck opens it again; orders are refused until then",
        )
    if facts.binance == "TRADING" and facts.is_listed:
        yield well(check, "listed on both")


def _liquid(facts: CoinFacts, largest_jpy: Decimal) -> Iterator[Finding]:
    check, leave_out = _check(facts), f"take {facts.instrument.news} out of [general] coins"
    if facts.ticker_age_s is not None and facts.ticker_age_s > TICKER_OLDEST_S:
        yield warning(
            check,
            f"its price on Coincheck is {facts.ticker_age_s:,.0f} s old",
            "nothing is traded on old prices; if it stays so the coin is hardly traded",
        )
    if facts.book is None:
        return
    spread = spread_pct(facts.book)
    yield _measured(
        check,
        f"spread {spread:.2f} %",
        spread,
        (SPREAD_KNOWN, SPREAD_MOST),
        f"{leave_out}, or run doctor again when the market is calmer: a round trip costs a spread",
    )
    sides = [impact_pct(facts.book.asks, largest_jpy), impact_pct(facts.book.bids, largest_jpy)]
    known = [one for one in sides if one is not None]
    if len(known) < len(sides):
        yield error(
            check,
            f"the book is thinner than one order of {largest_jpy:,} JPY",
            f"{leave_out}, or make max_position_jpy of [strategy] smaller",
        )
        return
    yield _measured(
        check,
        f"an order of {largest_jpy:,} JPY pays {max(known):.2f} % over the best price",
        max(known),
        (IMPACT_KNOWN, IMPACT_MOST),
        f"{leave_out}, or make max_position_jpy of [strategy] smaller",
    )


def _measured(
    check: str, text: str, value: Decimal, limits: tuple[Decimal, Decimal], what_to_do: str
) -> Finding:
    known, most = limits
    if value > most:
        return error(check, f"{text}, over {most} %", what_to_do)
    if value > known:
        return warning(check, f"{text}, over {known} %", what_to_do)
    return well(check, text)


def _priced(facts: CoinFacts) -> Iterator[Finding]:
    check, one = _check(facts), facts.instrument
    if facts.fee is None:
        return
    text = f"taker fee {facts.fee * 100:f} %"
    if facts.fee > 0:
        yield error(
            check,
            f"{text}, and a coin qualifies with 0 %",
            f"take {one.news} out of [general] coins: the strategy was made for trades without a "
            "fee",
        )
        return
    yield well(check, text)


def spread_pct(book: Book) -> Decimal:
    """Best ask less best bid, in per cent of the middle."""
    bid, ask = book.bids[0][0], book.asks[0][0]
    return (ask - bid) / (ask + bid) * 200


def impact_pct(levels: Levels, yen: Decimal) -> Decimal | None:
    """How much worse than the best an order's mean price is, in per cent; None: too thin."""
    best, left, coins = levels[0][0], yen, Decimal(0)
    for rate, amount in levels:
        taken = min(left, rate * amount)
        coins += taken / rate
        left -= taken
        if not left:
            return abs(yen / coins / best - 1) * 100
    return None


def judge_number(coins: int, ticker_s: float) -> Finding:
    """From ten coins on a warning with what they cost; `ticker_s`: one quote, as measured."""
    if coins < MANY:
        return well(COINS, f"{coins}")
    forecasts, numbers = coins * ANALYSES_A_DAY, coins * CANDLES_OF_FORECAST
    return warning(
        COINS,
        f"{coins}: a news page of {NEWS_PAGE} headlines leaves {NEWS_PAGE / coins:.1f} a coin (the "
        f"calls stay {NEWS_CALLS_A_MONTH:,} a month); quotes of all take "
        f"{coins * ticker_s:.1f} s one after the other, and orders of all at least {coins} s, as "
        f"their details are told once a second; up to {forecasts:,} forecasts a day, each "
        f"analysis {coins} series of {numbers:,} candles together",
        "leave out the coins that you can do without; it runs all the same",
    )


def judge_rules(
    learned: Sequence[tuple[Instrument, Decimal]], refusals: int, coins: int
) -> list[Finding]:
    """`learned`: minimums that Coincheck has stated in refusals, and that are not ours."""
    if not learned:
        heard = f"refusals of the exchange on the log ({refusals}) state no other"
        unheard = "no refusal on the log yet: Coincheck tells its minimums in refusals alone"
        return [
            well(
                RULES, f"minimums of {coins} coins as configured; {heard if refusals else unheard}"
            )
        ]
    return [_other_minimum(one, stated) for one, stated in learned]


def _other_minimum(one: Instrument, stated: Decimal) -> Finding:
    text = f"Coincheck's minimum of {one.news} is {stated:f}, and ours {one.min_amount:f}"
    mend = f"set min_amount of [pairs.{one.pair}] in the configuration to {stated:f}"
    if stated < one.min_amount:
        return warning(RULES, text, f"{mend}: rests that could be sold are kept as dust")
    return error(
        RULES,
        text,
        f"{mend}, or take it out of [general] coins: orders between the two are refused, and what "
        "was bought cannot be sold",
    )
