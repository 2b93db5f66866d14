"""A plug in front of replies that a test has written down, and what was asked of it."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import httpx

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.coincheck.calls import Retries, Timeouts, coincheck_client
from adapters.exchange.coincheck.exchange import CoincheckExchange
from adapters.exchange.coincheck.nonces import InMemoryNonces, Nonces
from adapters.exchange.coincheck.rules import OrderRules
from adapters.exchange.coincheck.signing import Credentials, signature
from application.ports.exchange import MarketOrder
from domain.events import Side
from domain.instruments import DEFAULT
from domain.money import Jpy

PAYLOADS = Path(__file__).parents[2] / "payloads" / "coincheck"
KEY, SECRET = "key-id-AbCdEf0123", "secret-ZyXwVu9876"
NOW = 1_758_446_050_000
"""Seven seconds after the ticker's time."""
BTC = "btc_usdt"

TICKER, STATUS = "/api/ticker", "/api/exchange_status"
BALANCE, ACCOUNTS = "/api/accounts/balance", "/api/accounts"
ORDERS, OPENS = "/api/exchange/orders", "/api/exchange/orders/opens"
TRANSACTIONS = "/api/exchange/orders/transactions_pagination"
PATHS = {
    TICKER: "ticker",
    STATUS: "exchange_status",
    BALANCE: "balance",
    ACCOUNTS: "accounts",
    ORDERS: "market_buy",
    OPENS: "opens",
    TRANSACTIONS: "transactions",
    f"{ORDERS}/12345": "order",
}

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def reply(status: int, body: Any = b"", **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return httpx.Response(status, content=content, headers=headers)


def no(status: int, error: str) -> httpx.Response:
    return reply(status, {"success": False, "error": error})


@attrs.define
class Scripted:
    """Answers in the order given, by path; the valid fixture once they are used up."""

    answers: dict[str, list[Answer]] = attrs.Factory(lambda: defaultdict(list))
    asked: list[httpx.Request] = attrs.Factory(list)
    bad_signatures: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if "ACCESS-KEY" in request.headers:
            nonce = int(request.headers["ACCESS-NONCE"])
            right = signature(SECRET, nonce, str(request.url), request.content)
            self.bad_signatures += right != request.headers["ACCESS-SIGNATURE"]
        path = request.url.path
        waiting = self.answers[path]
        answer = waiting.pop(0) if waiting else reply(200, payload(PATHS[path]))
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    def paths(self) -> list[str]:
        return [one.url.path for one in self.asked]

    def nonces(self) -> list[int]:
        return [int(n) for one in self.asked if (n := one.headers.get("ACCESS-NONCE"))]


@attrs.define
class Bench:
    """One plug, its script and its clock."""

    script: Scripted
    clock: SimulatedClock
    exchange: CoincheckExchange

    def on(self, path: str, *answers: Answer) -> "Bench":
        self.script.answers[path] += answers
        return self


def bench(
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    nonces: Nonces | None = None,
    rules: OrderRules | None = None,
    retries: Retries | None = None,
    clock: SimulatedClock | None = None,
    timeouts: Timeouts | None = None,
) -> Bench:
    script, clock = Scripted(), clock or SimulatedClock(NOW)
    exchange = CoincheckExchange(
        client=coincheck_client(transport=transport or httpx.MockTransport(script)),
        credentials=Credentials(key_id=KEY, secret=SECRET),
        clock=clock,
        instruments=DEFAULT,
        nonces=nonces or InMemoryNonces(),
        rules=rules,
        retries=retries,
        timeouts=timeouts,
        chance=lambda: 0.5,
    )
    return Bench(script, clock, exchange)


def run(card: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(card)


def buy(amount: str = "108792", pair: str = BTC) -> MarketOrder:
    return MarketOrder(pair, Side.BUY, Jpy(Decimal(amount)), None)


def sell(quantity: str = "0.01", pair: str = BTC) -> MarketOrder:
    return MarketOrder(pair, Side.SELL, None, Decimal(quantity))


async def place(exchange: CoincheckExchange, order: MarketOrder | None = None) -> str:
    return await exchange.place(order or buy(), await exchange.nonce())
