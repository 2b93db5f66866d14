"""The API key: that it works, and that nobody could withdraw with it.

Coincheck does not tell what a key may do. A key that gets an answer where withdrawals or bank
accounts are listed has rights around withdrawing; whether it may withdraw is not certain then,
that one which is refused there may not is not certain either (the exact answers are unknown).
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from adapters.exchange.coincheck.calls import Calls, Retries
from adapters.exchange.coincheck.readings import balances as read_balances
from adapters.exchange.coincheck.readings import taker_fees
from application.errors import ConfigurationError, OutsideError
from entrypoints.doctor.coins import fees
from entrypoints.doctor.findings import Finding, error, ok, warning

if TYPE_CHECKING:
    import httpx

    from adapters.exchange.coincheck.calls import Timeouts
    from adapters.exchange.coincheck.nonces import Nonces
    from adapters.exchange.coincheck.signing import Credentials
    from application.ports.clock import Clock
    from application.ports.exchange import Balances
    from domain.instruments import Instruments
    from domain.parameters import StrategyParameters

WITHDRAWING = ("/api/withdraws", "/api/bank_accounts")


async def key(
    *,
    client: httpx.AsyncClient,
    credentials: Credentials,
    nonces: Nonces,
    clock: Clock,
    timeouts: Timeouts,
    instruments: Instruments,
    parameters: StrategyParameters,
) -> list[Finding]:
    """Whether the key works, what it may, what trading costs, and whether there is money."""
    calls = Calls(
        client=client,
        credentials=credentials,
        clock=clock,
        nonces=nonces,
        timeouts=timeouts,
        retries=Retries(),
        chance=random.SystemRandom().random,
    )
    try:
        held = await calls.private("/api/accounts/balance", read_balances(instruments))
    except ConfigurationError as failure:
        return [
            error(
                "key",
                str(failure),
                "check key_id, secret, the key's rights (balance, orders, their history) and its "
                "list of IP addresses; after larger nonces elsewhere only a new key helps",
            )
        ]
    except OutsideError as failure:
        return [error("key", f"not answered: {failure}", "try again when Coincheck answers")]
    return [
        ok("key", "Coincheck knows it"),
        await _rights(calls),
        money(held, parameters),
        *await _fees(calls, instruments),
    ]


async def _fees(calls: Calls, instruments: Instruments) -> list[Finding]:
    try:
        taker = await calls.private("/api/accounts", taker_fees)
    except OutsideError as failure:
        return [warning("fee", f"not told: {failure}", "try again")]
    return fees(taker, instruments)


async def _rights(calls: Calls) -> Finding:
    answered, unclear = [], []
    for path in WITHDRAWING:
        try:
            await calls.private(path, _anything)
            answered.append(path)
        except ConfigurationError:
            pass  # 401 or 403: just as it should be
        except OutsideError as failure:
            unclear.append(f"{path}: {failure}")
    if answered:
        return error(
            "rights",
            f"the key gets answers from {' and '.join(answered)}: it may be able to withdraw",
            "make a new key on coincheck.com without any right around withdrawals or bank "
            "accounts, put it into the configuration, and delete this one",
        )
    if unclear:
        return warning(
            "rights",
            f"whether the key can withdraw could not be told: {'; '.join(unclear)}",
            "look at the key's rights on coincheck.com",
        )
    return ok("rights", "the key is refused where withdrawals and bank accounts are listed")


def _anything(value: Any) -> Any:
    return value


def money(held: Balances, parameters: StrategyParameters) -> Finding:
    """Enough for one order, beside the reserve."""
    free = held.jpy_free.amount
    least = parameters.reserve_jpy + parameters.min_order_jpy
    if free < least:
        return warning(
            "money",
            f"{free:,.0f} JPY are free; a first order needs {least:,}, reserve included",
            "pay some in, or nothing will be bought",
        )
    return ok("money", f"{free:,.0f} JPY are free")
