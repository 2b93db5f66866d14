"""Each coin: listed and open on both sides, a narrow spread, depth, no fee; and not too many."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from application.errors import Broken, OutsideError
from entrypoints.doctor.findings import Finding, error, ok, warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.http_reads import HttpReads
    from adapters.market_data.binance.klines import BinanceKlines
    from domain.instruments import Instrument, Instruments
    from domain.parameters import StrategyParameters

MANY = 10
NEWS_PAGE = 20
NEAR = Decimal("0.005")
"""Orders this close to the best price, as a share of it, count as depth."""
TIMES = 5
"""The book should hold so many of the largest position."""
_LEAVE_OUT = "take {coin} out of [general] coins"


class _Pair(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    market_order: bool = True


class _Status(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    pair: str
    status: str
    availability: _Pair = Field(default_factory=_Pair)


class _Statuses(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    exchange_status: tuple[_Status, ...]


class _Book(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    asks: tuple[tuple[Decimal, Decimal], ...] = Field(min_length=1)
    bids: tuple[tuple[Decimal, Decimal], ...] = Field(min_length=1)


def how_many(instruments: Instruments) -> Finding:
    """From ten coins on, what more of them cost."""
    count = len(list(instruments))
    if count < MANY:
        return ok("coins", f"{count} coins")
    return warning(
        "coins",
        f"{count} coins: one page of {NEWS_PAGE} articles is {NEWS_PAGE / count:.1f} a coin, an "
        f"analysis forecasts {count} series and a tick asks Binance for {2 * count} of weight",
        "fewer coins are looked at better",
    )


async def of_binance(binance: BinanceKlines, instruments: Instruments) -> list[Finding]:
    """Whether each symbol is listed and trades."""
    try:
        known = await binance.symbols([one.binance for one in instruments])
    except OutsideError as failure:
        return [error("Binance", f"not answered: {failure}", "without prices nothing is analysed")]
    found = []
    for one in instruments:
        status = known.get(one.binance)
        if status is None:
            leave = _LEAVE_OUT.format(coin=one.news)
            found.append(error("Binance", f"{one.binance} is not listed", leave))
        elif status != "TRADING":
            found.append(
                warning("Binance", f"{one.binance} has status {status}", "wait until it trades")
            )
    return found or [ok("Binance", "all coins are listed and trade")]


async def of_coincheck(
    reads: HttpReads, base_url: str, instruments: Instruments, parameters: StrategyParameters
) -> tuple[list[Finding], Instruments]:
    """Whether each pair is listed and open, how wide its spread and how deep its book is.

    Also the coins that are listed.
    """
    base = base_url.rstrip("/")
    try:
        statuses = await reads.get(f"{base}/api/exchange_status", _statuses)
    except OutsideError as failure:
        silent = error("Coincheck", f"not answered: {failure}", "try again when it answers")
        return [silent], instruments
    found: list[Finding] = []
    for one in instruments:
        status = statuses.get(one.coincheck)
        leave = _LEAVE_OUT.format(coin=one.news)
        if status is None:
            text = f"{one.coincheck} is not traded on the exchange"
            found.append(error("Coincheck", text, leave))
        elif status.status != "available" or not status.availability.market_order:
            text = f"{one.coincheck} takes no market orders now: status {status.status[:40]!r}"
            found.append(warning("Coincheck", text, "wait; orders are refused until it opens"))
        else:
            found += await _book(reads, base, one, parameters)
    listed = instruments.only([one.pair for one in instruments if one.coincheck in statuses])
    fine = ok("Coincheck", "all pairs are open, their spreads narrow, their books deep")
    return found or [fine], listed


async def _book(
    reads: HttpReads, base: str, one: Instrument, parameters: StrategyParameters
) -> list[Finding]:
    leave = _LEAVE_OUT.format(coin=one.news)
    try:
        book = await reads.get(f"{base}/api/order_books", _read_book, {"pair": one.coincheck})
    except OutsideError as failure:
        return [warning("Coincheck", f"{one.coincheck}: {failure}", "try again")]
    ask, bid = book.asks[0][0], book.bids[0][0]
    spread = float((ask - bid) / ((ask + bid) / 2) * 100)
    depth = min(
        sum(rate * size for rate, size in book.asks if rate <= ask * (1 + NEAR)),
        sum(rate * size for rate, size in book.bids if rate >= bid * (1 - NEAR)),
    )
    if spread > parameters.spread_max_pct:
        text = (
            f"{one.coincheck}: the spread is {spread:.2f} %, over {parameters.spread_max_pct} %: "
            "nothing would be bought"
        )
        return [error("spread", text, leave)]
    wanted = TIMES * parameters.max_position_jpy
    if depth < wanted:
        text = (
            f"{one.coincheck}: {depth:,.0f} JPY stand within {NEAR:%} of the best price; "
            f"{wanted:,} should"
        )
        find = error if depth < parameters.max_position_jpy else warning
        return [find("depth", text, leave)]
    return []


def fees(taker: Mapping[str, Decimal], instruments: Instruments) -> list[Finding]:
    """Coins that cost a fee; `taker` are fractions by the exchange's pair."""
    found = []
    for one in instruments:
        fee = taker.get(one.coincheck)
        if fee is None:
            text = f"{one.coincheck}: the account tells no fee"
            found.append(warning("fee", text, "look it up on coincheck.com"))
        elif fee > 0:
            text = (
                f"{one.coincheck}: a market order costs {float(fee) * 100:g} %; it should be free"
            )
            found.append(error("fee", text, _LEAVE_OUT.format(coin=one.news)))
    return found or [ok("fee", "no coin costs a fee")]


def _statuses(body: Any) -> dict[str, _Status]:
    return {one.pair: one for one in _read(_Statuses, body).exchange_status}


def _read_book(body: Any) -> _Book:
    book = _read(_Book, body)
    for rate, size in (*book.asks, *book.bids):
        if rate <= 0 or size < 0:
            raise Broken(f"order book: a row of {rate} and {size}")
    return book


def _read(kind: Any, body: Any) -> Any:
    try:
        return kind.model_validate(body)
    except ValidationError as failure:
        first = failure.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise Broken(f"{where}: {first['msg']}") from None
