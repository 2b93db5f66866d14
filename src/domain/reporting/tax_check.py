"""The exchange's own list of a year's trades held against the fills on the log.

Two of them are one trade when the exchange's id, the pair and the side are the same; where an id
is missing or unknown to the other list, when the second, the pair and the side are. Of several in
one second those that agree most are paired, so that a trade that is missing is told as that.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Context, Decimal
from typing import Final

import attrs

from domain.instant import SECOND
from domain.reporting.tax_year import Move, year_of

_EXACTLY: Final = Decimal(0)
_COMPARING: Final = Context(prec=200)


@attrs.frozen(slots=True, weakref_slot=False)
class Stated:
    """A trade as a file states it, in its row (the header is row 1).

    An amount that was rounded, or found from others, is known `within` so much: another that is
    nearer than that agrees with it. 0 means that it is exact.
    """

    row: int
    move: Move
    quantity_within: Decimal = _EXACTLY
    jpy_within: Decimal = _EXACTLY
    fee_within: Decimal = _EXACTLY

    def apart_from(self, fill: Move) -> tuple[str, ...]:
        """Which of quantity, jpy and fee a fill has otherwise."""
        pairs = (
            ("quantity", self.move.quantity, fill.quantity, self.quantity_within),
            ("jpy", self.move.jpy, fill.jpy, self.jpy_within),
            ("fee", self.move.fee, fill.fee, self.fee_within),
        )
        return tuple(name for name, one, other, within in pairs if _apart(one, other, within))


@attrs.frozen(slots=True, weakref_slot=False)
class Different:
    """One trade that both have, with amounts that are apart."""

    stated: Stated
    fill: Move
    names: tuple[str, ...]


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class TaxCheck:
    """What a file and a log have in common in a year, and what not; in the order of time."""

    rows: int
    """Trades of that year in the file."""
    fills: int
    """Fills of that year on the log."""
    matched: int
    """In both, and the same."""
    only_in_file: tuple[Stated, ...]
    only_in_log: tuple[Move, ...]
    different: tuple[Different, ...]

    @property
    def is_clean(self) -> bool:
        """True when nothing is apart."""
        return not (self.only_in_file or self.only_in_log or self.different)


def tax_check(stated: Iterable[Stated], fills: Iterable[Move], year: int) -> TaxCheck:
    """Hold the trades that a file states for a calendar year in Japan against the log's."""
    rows = sorted(
        (one for one in stated if year_of(one.move.at) == year),
        key=lambda one: (one.move.at, one.row),
    )
    moves = sorted((one for one in fills if year_of(one.at) == year), key=lambda one: one.at)
    pairs, rows_left, moves_left = _paired(rows, moves, _id, _any)
    for agree in (_wholly, _in_quantity, _any):
        found, rows_left, moves_left = _paired(rows_left, moves_left, _second, agree)
        pairs += found
    apart = [Different(row, fill, names) for row, fill in pairs if (names := row.apart_from(fill))]
    return TaxCheck(
        rows=len(rows),
        fills=len(moves),
        matched=len(pairs) - len(apart),
        only_in_file=tuple(rows_left),
        only_in_log=tuple(moves_left),
        different=tuple(sorted(apart, key=lambda one: (one.stated.move.at, one.stated.row))),
    )


def _paired(
    rows: list[Stated],
    moves: list[Move],
    key: Callable[[Move], object],
    agree: Callable[[Stated, Move], bool],
) -> tuple[list[tuple[Stated, Move]], list[Stated], list[Move]]:
    """Pairs of the same key, pair and side that agree, and what is left on both sides."""
    waiting: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, move in enumerate(moves):
        waiting[key(move), move.pair, move.side].append(number)
    pairs: list[tuple[Stated, Move]] = []
    alone: list[Stated] = []
    for row in rows:
        of = key(row.move)
        group = waiting[of, row.move.pair, row.move.side] if of is not None else []
        at = next((at for at, number in enumerate(group) if agree(row, moves[number])), None)
        if at is None:
            alone.append(row)
        else:
            pairs.append((row, moves[group.pop(at)]))
    left = sorted(number for group in waiting.values() for number in group)
    return pairs, alone, [moves[number] for number in left]


def _id(move: Move) -> str | None:
    return move.fill or None


def _second(move: Move) -> int:
    return move.at // SECOND


def _wholly(row: Stated, fill: Move) -> bool:
    return not row.apart_from(fill)


def _in_quantity(row: Stated, fill: Move) -> bool:
    return "quantity" not in row.apart_from(fill)


def _any(row: Stated, fill: Move) -> bool:
    del row, fill
    return True


def _apart(one: Decimal, other: Decimal, within: Decimal) -> bool:
    difference = _COMPARING.subtract(one, other).copy_abs()
    return difference >= within if within else bool(difference)
