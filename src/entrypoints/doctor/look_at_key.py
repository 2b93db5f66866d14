"""Asks with the API key: what it may read, and what the account pays. Nothing is ever sent."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from adapters.exchange.coincheck.account_checks import (
    MOVING,
    NEEDED,
    Answer,
    Told,
    asked,
    fees,
    knows_order_one,
    newest_nonce,
    two_pages,
)
from adapters.exchange.coincheck.calls import Calls, Retries, Timeouts, coincheck_client
from adapters.exchange.coincheck.nonces import SqliteNonces
from adapters.exchange.coincheck.signing import Credentials
from application.errors import ConfigurationError, OutsideError
from application.ports.clock import Clock
from entrypoints.doctor.findings import Finding, Level, error, warning, well
from entrypoints.doctor.judge_key import (
    HABITS,
    KEY,
    judge_key,
    judge_no_key,
    judge_pages,
    judge_unknown_order,
)
from entrypoints.doctor.judge_machine import NONCE, judge_mark
from entrypoints.doctor.look_at_machine import NONCES
from entrypoints.wiring.settings import Settings

FEES = "fees"
TIMEOUTS = Timeouts(read_s=8.0, call_s=10.0, turn_s=15.0)
RETRIES = Retries(attempts=2, first_s=0.5, most_s=2.0, deadline_s=20.0)
Fees = dict[str, Decimal]


async def look_at_key(
    settings: Settings, clock: Clock, clock_said: Finding, *, is_needed: bool
) -> tuple[list[Finding], Fees]:
    """Findings, and the fees by the exchange's pair as far as they were told.

    While the clock is wrong the key is not used: nonces of a future could not be taken back.
    """
    key_id, secret = settings.coincheck.key_id, settings.coincheck.secret
    if key_id is None and secret is None:
        return [judge_no_key(is_needed=is_needed)], {}
    if key_id is None or secret is None:
        missing = "key_id" if key_id is None else "secret"
        return [error(KEY, f"[coincheck] {missing} is missing", "set both, or neither")], {}
    if clock_said.level is Level.ERROR:
        text = "not used, because the clock cannot be trusted: its nonces could not be taken back"
        return [warning(KEY, text, "set the clock right and run doctor again")], {}
    try:
        credentials = Credentials(
            key_id=key_id.get_secret_value(), secret=secret.get_secret_value()
        )
    except ConfigurationError as failure:
        return [error(KEY, str(failure), "put key_id and secret into [coincheck] again")], {}
    try:
        nonces, marked = _nonces(settings.general.folder, credentials.key_id, clock.now())
    except (ConfigurationError, OutsideError, OSError) as failure:
        what = "repair the file or make a new API key; nothing was asked with this one"
        return [error(NONCE, str(failure), what)], {}
    async with coincheck_client(settings.coincheck.base_url) as client:
        calls = Calls(
            client=client,
            credentials=credentials,
            clock=clock,
            nonces=nonces,
            timeouts=TIMEOUTS,
            retries=RETRIES,
            chance=lambda: 0.5,
        )
        return await _ask(calls, clock, marked)


def _nonces(folder: Path, key_id: str, now: int) -> tuple[SqliteNonces, Finding]:
    """Where its nonces are kept; made if need be, for what is asked here uses some of them up."""
    folder.mkdir(parents=True, exist_ok=True)
    nonces = SqliteNonces(folder / NONCES)
    return nonces, judge_mark(newest_nonce(nonces, key_id), now)


async def _ask(calls: Calls, clock: Clock, marked: Finding) -> tuple[list[Finding], Fees]:
    answers: dict[str, Answer] = {}
    for name in (*NEEDED, *MOVING):
        answers[name] = await asked(calls, name)
        if len(answers) == 1 and answers[name].told in (Told.NONCE, Told.UNREACHED):
            break  # the others would wait for the same
    found = judge_key(answers)
    if marked.level is not Level.ERROR and any(one.check == NONCE for one in found):
        marked_too = []  # the exchange knows better
    else:
        marked_too = [marked]
    told: Fees = {}
    if _is_answered(answers, "account"):
        try:
            told = await fees(calls)
            found.append(well(FEES, f"told for {len(told)} pairs"))
        except (OutsideError, ConfigurationError) as failure:
            what = "fees are read again before each order; see the account's page if it lasts"
            found.append(warning(FEES, str(failure), what))
    if _is_answered(answers, "transactions"):
        found += await _habits(calls, clock)
    return [*marked_too, *found], told


def _is_answered(answers: Mapping[str, Answer], name: str) -> bool:
    return name in answers and answers[name].told is Told.ANSWERED


async def _habits(calls: Calls, clock: Clock) -> list[Finding]:
    """What the trader relies on and no document promises."""
    try:
        is_told = await knows_order_one(calls, clock)
        first, second = await two_pages(calls)
    except (OutsideError, ConfigurationError) as failure:
        what = "run doctor again; if it lasts report it, as doubts about orders could last, too"
        return [warning(HABITS, str(failure), what)]
    return [judge_unknown_order(is_told=is_told), judge_pages(first, second)]
