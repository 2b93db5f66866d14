"""The plug over a real socket of this machine: what is sent, and what is lost on the way."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import attrs
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.coincheck.calls import Timeouts, coincheck_client
from adapters.exchange.coincheck.exchange import CoincheckExchange
from adapters.exchange.coincheck.nonces import InMemoryNonces
from adapters.exchange.coincheck.signing import Credentials, signature
from application.errors import InDoubt, Retryable
from domain.instruments import DEFAULT
from tests.adapters.coincheck.kit import (
    BALANCE,
    KEY,
    NOW,
    ORDERS,
    PATHS,
    SECRET,
    TRANSACTIONS,
    payload,
    place,
    run,
)


@attrs.define
class Asked:
    """One request, as its bytes arrived."""

    head: str
    body: bytes

    @property
    def target(self) -> str:
        return self.head.split(" ")[1]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str:
        found = re.search(rf"^{name}: (.*?)\r$", self.head, re.IGNORECASE | re.MULTILINE)
        return found[1] if found else ""


Answer = Callable[[Asked], bytes]


def fine(asked: Asked) -> bytes:
    return whole(json.dumps(payload(PATHS[asked.path])).encode())


def whole(body: bytes, more: int = 0) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) + more) + body


@attrs.define
class Site:
    """A listening socket that keeps what it heard; nothing to say means it hangs up."""

    answers: dict[str, Answer]
    asked: list[Asked] = attrs.Factory(list)
    at_once: int = 0
    most_at_once: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                asked = Asked(head, b"")
                asked.body = await reader.readexactly(int(asked.header("content-length") or 0))
                self.asked.append(asked)
                await asyncio.sleep(0)
                answer = self.answers.get(asked.path, fine)(asked)
                self.at_once -= 1
                writer.write(answer)
                await writer.drain()
                if self.answers.get(asked.path):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def online(
    answers: dict[str, Answer] | None = None, timeouts: Timeouts | None = None
) -> AsyncIterator[tuple[Site, CoincheckExchange]]:
    site = Site(answers or {})
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with coincheck_client(f"http://127.0.0.1:{port}") as client:
            yield site, plug(client, timeouts)
    finally:
        server.close()
        await server.wait_closed()


def plug(client, timeouts: Timeouts | None = None) -> CoincheckExchange:
    return CoincheckExchange(
        client=client,
        credentials=Credentials(key_id=KEY, secret=SECRET),
        clock=SimulatedClock(NOW),
        instruments=DEFAULT,
        nonces=InMemoryNonces(),
        timeouts=timeouts,
        chance=lambda: 0.5,
    )


def test_the_bytes_that_arrive_are_those_signed() -> None:
    async def card() -> None:
        async with online() as (site, exchange):
            await place(exchange)
            await exchange.account_fills(0)
            await exchange.balances()
            private = [one for one in site.asked if one.header("access-key")]
            paths = [one.path for one in private]
            assert paths == [ORDERS, TRANSACTIONS, BALANCE]
            assert private[1].target == f"{TRANSACTIONS}?limit=25&order=desc"
            for one in private:
                url = f"http://{one.header('host')}{one.target}"
                nonce = int(one.header("access-nonce"))
                expected = signature(SECRET, nonce, url, one.body)
                assert one.header("access-signature") == expected

    run(card())


@pytest.mark.parametrize(
    "answer",
    [
        lambda asked: b"",
        lambda asked: b"HTTP/1.1 200 OK\r\nContent-Le",
        lambda asked: whole(b'{"success": true, "id": 81736', more=40),
        lambda asked: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        lambda asked: b"SSH-2.0-OpenSSH\r\n\r\n",
    ],
    ids=["nothing", "half a head", "half a body", "bad chunk", "not HTTP"],
)
def test_an_answer_lost_on_the_way_leaves_an_order_in_doubt(answer: Answer) -> None:
    async def card() -> None:
        async with online({ORDERS: answer, BALANCE: answer}) as (site, exchange):
            with pytest.raises(InDoubt):
                await place(exchange)
            assert [one.path for one in site.asked].count(ORDERS) == 1
            with pytest.raises(Retryable):
                await exchange.balances()
            assert [one.path for one in site.asked].count(BALANCE) == 3

    run(card())


def test_an_order_to_nobody_was_not_sent() -> None:
    async def card() -> None:
        with socket.socket() as unheard:
            unheard.bind(("127.0.0.1", 0))  # nobody listens
            async with coincheck_client(f"http://127.0.0.1:{unheard.getsockname()[1]}") as client:
                exchange = plug(client)
                exchange._open_until["btc_jpy"] = NOW + 5_000
                with pytest.raises(Retryable, match="ConnectError"):
                    await place(exchange)

    run(card())


@pytest.mark.parametrize(
    ("ask", "kind"),
    [(place, InDoubt), (lambda one: one.balances(), Retryable)],
    ids=["order", "read"],
)
def test_a_whole_call_has_a_deadline(
    ask: Callable[[CoincheckExchange], Awaitable[object]], kind: type[Exception]
) -> None:
    async def card() -> None:
        async with online(timeouts=Timeouts(call_s=0)) as (_, exchange):
            exchange._open_until["btc_jpy"] = NOW + 5_000
            with pytest.raises(kind, match="TimeoutError"):
                await ask(exchange)

    run(card())


def test_calls_of_one_key_arrive_one_after_the_other_with_rising_nonces() -> None:
    async def card() -> None:
        async with online() as (site, exchange):
            await asyncio.gather(*(exchange.balances() for _ in range(8)))
            nonces = [int(one.header("access-nonce")) for one in site.asked]
            assert nonces == sorted(set(nonces))
            assert (len(nonces), site.most_at_once) == (8, 1)

    run(card())
