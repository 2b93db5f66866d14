"""How reasons, guards and numbers are called wherever a person reads them."""

from collections.abc import Iterable, Mapping

from entrypoints.backtest.finished import FinishedRun

NONE = "\u2013"
MINUS = "\u2212"

REASONS: Mapping[str, str] = {
    "signal": "sell signal",
    "stop_loss": "stop-loss",
    "take_profit": "take-profit",
}
GUARDS: Mapping[str, str] = {
    "buy_threshold": "score under the buy threshold",
    "sell_threshold": "held: score above the sell threshold",
    "not_the_best": "another coin scored higher",
    "no_technical": "no technical score",
    "sells_first": "a sell went first",
    "min_hold": "held for less than the minimum",
    "order_under_way": "an order was under way",
    "size": "sizing gave nothing: Kelly is negative, or too little cash",
    "sellable": "too few coins to sell again",
    "signal_age_s": "signal too old",
    "open_positions": "already held",
    "coins_held": "coins already held",
    "spread_pct": "spread too wide",
    "breaker_closed": "circuit breaker had tripped",
    "dust": "only dust to sell",
    "position_open": "position no longer open",
    "exchange": "the exchange refused",
    "not_sent": "could not be sent",
}
NOT_BUYS = ("sell_threshold", "min_hold")


def reason_name(reason: str | None) -> str:
    """Why a trade ended."""
    return "open" if reason is None else REASONS.get(reason, reason.replace("_", " "))


def guard_name(guard: str) -> str:
    """What stopped a trade."""
    return GUARDS.get(guard, guard.replace("_", " "))


def buys_declined(declined: Mapping[str, int]) -> dict[str, int]:
    """Of what analyses left alone, what might have been bought."""
    return {guard: count for guard, count in declined.items() if guard not in NOT_BUYS}


def number(value: float | None, decimals: int = 2, unit: str = "", sign: bool = False) -> str:
    """1,234.50 with a true minus; a dash for None."""
    if value is None:
        return NONE
    rounded = round(value, decimals) + 0.0
    text = f"{abs(rounded):,.{decimals}f}{unit}"
    return MINUS + text if rounded < 0 else f"+{text}" if sign and rounded > 0 else text


def signed_pct(value: float | None, decimals: int = 2) -> str:
    """+12.34 %."""
    return number(value, decimals, " %", sign=True)


def coin(pair: str) -> str:
    """eth_usdt -> ETH."""
    return pair.partition("_")[0].upper()


def is_synthetic(notes: Iterable[str]) -> bool:
    """True when a note says that the market was made up."""
    return any("synthetic" in note.lower() for note in notes)


def changed_parameters(run: FinishedRun) -> dict[str, tuple[float, float]]:
    """(value, the owner's value) of every parameter that was set otherwise."""
    import attrs

    from domain.parameters import STANDARD

    return {
        field.name: (getattr(run.parameters, field.name), getattr(STANDARD, field.name))
        for field in attrs.fields(type(STANDARD))
        if getattr(run.parameters, field.name) != getattr(STANDARD, field.name)
    }
