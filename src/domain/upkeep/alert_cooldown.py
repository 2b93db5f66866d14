"""One alert, then quiet for half an hour."""

from typing import Final

from domain.instant import MINUTE

COOLDOWN: Final = 30 * MINUTE


def may_alert(last: int | None, now: int) -> bool:
    """Whether a source that last alerted at `last` (ms, None: never) may alert now.

    A clock that was set back does not silence it for longer than the cooldown.
    """
    return last is None or abs(now - last) >= COOLDOWN
