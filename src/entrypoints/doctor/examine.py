"""The whole examination: reading first, then the judgements, one broken check beside the others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from adapters.clock.system import SystemClock
from adapters.http_reads import reads_client
from application.errors import ConfigurationError, OutsideError
from application.ports.clock import Clock
from entrypoints.doctor.findings import Finding, Report, error
from entrypoints.doctor.judge_key import KEY
from entrypoints.doctor.judge_machine import DISK, LOG, VERSION, judge_clock
from entrypoints.doctor.look_at_feeds import MOOD, NEWS, look_at_mood, look_at_news
from entrypoints.doctor.look_at_key import Fees, look_at_key
from entrypoints.doctor.look_at_machine import LOGS, look_at_disk, look_at_logs, look_at_version
from entrypoints.doctor.look_at_markets import Markets, look_at_markets
from entrypoints.wiring.settings import Settings

CHECK_S = 90.0
"""No check takes longer, whatever hangs."""
Value = TypeVar("Value")


async def examine(
    settings: Settings,
    *,
    clock: Clock | None = None,
    needs_key: bool = False,
    logs: Sequence[Path] | None = None,
) -> Report:
    """Look at everything that trading with these settings depends on.

    Addresses are those of the settings. It places no order, moves nothing, and uses some nonces
    of the key and one call of the news plan. `needs_key`: without a key is an error. `logs`: the
    files to check, those of the folder unless given. Raises nothing of the outside: a check that
    cannot be made is a finding.
    """
    clock = clock or SystemClock()
    failed: list[Finding] = []
    folder = settings.general.folder
    paths = [folder / name for name in LOGS] if logs is None else logs
    # first and alone: it keeps the loop busy, and calls under way would seem to take long
    look = look_at_logs(paths, settings.instruments)
    kept = await _made(LOG, look, [], failed, limit_s=None)
    async with reads_client() as client:
        markets, mood, news = await asyncio.gather(
            _made("markets", look_at_markets(settings, client, clock), Markets(), failed),
            _made(MOOD, look_at_mood(settings, client, clock), [], failed),
            _made(NEWS, look_at_news(settings, clock), [], failed),
        )
    clock_said = judge_clock(markets.skews)
    asking = look_at_key(settings, clock, clock_said, is_needed=needs_key)
    nothing: tuple[list[Finding], Fees] = ([], {})
    key_said, fees = await _made(KEY, asking, nothing, failed)
    largest_jpy = Decimal(str(settings.parameters.max_position_jpy))
    return Report(
        (
            *await _made(VERSION, _now(look_at_version), [], failed),
            *await _made(DISK, _now(look_at_disk, folder), [], failed),
            *kept,
            clock_said,
            *key_said,
            *(markets.services() if markets.facts else ()),
            *(markets.coins(fees, largest_jpy) if markets.facts else ()),
            *mood,
            *news,
            *failed,
        )
    )


async def _now(look: Callable[..., Value], *given: Path) -> Value:
    return look(*given)


async def _made(
    check: str,
    work: Awaitable[Value],
    otherwise: Value,
    failed: list[Finding],
    *,
    limit_s: float | None = CHECK_S,
) -> Value:
    """What a check found; `otherwise`, and a finding among `failed`, when it cannot be made."""
    try:
        async with asyncio.timeout(limit_s):
            return await work
    except (OutsideError, ConfigurationError) as failure:
        said = str(failure)
    except TimeoutError:
        said = f"took longer than {CHECK_S:.0f} s"
    except Exception as failure:  # noqa: BLE001 - one broken check must not hide the others
        # its text could hold a key
        said = f"stopped with {type(failure).__name__}, which is a fault of this program"
    failed.append(error(check, f"could not be checked: {said}", "run doctor again"))
    return otherwise
