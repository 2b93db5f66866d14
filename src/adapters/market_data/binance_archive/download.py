"""Many months of many coins: what is missing is fetched, what failed is told at the end."""

from collections.abc import Callable, Iterable

import attrs

from adapters.market_data.binance.hosts import Hosts
from adapters.market_data.binance_archive.month import Made, MonthOfCoin
from adapters.market_data.binance_archive.remote import Archive
from application.errors import OutsideError
from domain.instruments import Instrument


@attrs.define(slots=True, weakref_slot=False)
class Have:
    """What there is of a coin: `filled` candles are REST's, `size` is in bytes."""

    months: int = 0
    candles: int = 0
    filled: int = 0
    missing: int = 0
    size: int = 0

    def add(self, made: Made, size: int) -> None:
        """One more month."""
        self.months += 1
        self.candles += made.candles
        self.filled += made.filled
        self.missing += made.missing
        self.size += size


@attrs.frozen(slots=True, weakref_slot=False)
class Downloaded:
    """What there is by coin, and one sentence for each month that could not be had."""

    have: dict[str, Have]
    failed: list[str] = attrs.Factory(list)


async def download(
    wanted: Iterable[MonthOfCoin],
    *,
    archive: Archive,
    hosts: Hosts,
    now: int,
    check: bool = False,
    step: Callable[[Instrument], None] = lambda _: None,
) -> Downloaded:
    """Make each month that is not there, not over when it was made, or, with `check`, reissued.

    `step` is told of each month that is done. Raises InputError when a file cannot be written.
    """
    found = Downloaded({})
    for one in wanted:
        have = found.have.setdefault(one.coin.news, Have())
        try:
            made = one.made()
            is_done = made is not None and made.until == one.month.end
            if not is_done or (check and not await one.is_current(archive)):
                made = await one.make(archive, hosts, now)
        except OutsideError as failure:
            found.failed.append(f"{one.coin.news} {one.month}: {failure}")
        else:
            if made is not None:
                have.add(made, one.path.stat().st_size)
        step(one.coin)
    return found
