"""What is paid to others than AWS, and the totals with it: the owner's and ours."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from entrypoints.cost import owner_figures


@attrs.frozen
class Outside:
    """USD a month of a service, from one plan to another, and what that depends on."""

    name: str
    least: float
    most: float
    note: str


OUTSIDE = (
    Outside("CryptoPanic", 0.0, owner_figures.GROWTH_PLAN, "no token, or the Growth plan"),
    Outside("Coincheck", 0.0, 0.0, "0 % of a trade; the spread is the market's"),
    Outside("Binance, alternative.me, CoinGecko, Slack", 0.0, 0.0, "free, without an account"),
    Outside(
        "Anthropic",
        0.0,
        0.30,
        "by use: 0.01 a run of the proposer, once a day, when it is on; he writes 0.01-0.03 a "
        "repair",
    ),
)


@attrs.frozen
class Total:
    """A whole month with a plan of CryptoPanic, USD: his figure and ours."""

    plan: str
    owner_usd: float
    usd: float


def totals(aws_usd: float) -> Iterator[Total]:
    """Both of his totals beside ours."""
    yield Total("without CryptoPanic", owner_figures.TOTAL, aws_usd)
    yield Total(
        "CryptoPanic Growth", owner_figures.GROWTH_TOTAL, aws_usd + owner_figures.GROWTH_PLAN
    )
