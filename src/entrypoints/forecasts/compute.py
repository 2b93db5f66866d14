"""Forecasts for all windows of a run into one file: in batches, in parts, as often interrupted.

Parts stand beside the file in a folder of its name and are written whole. What is in them is not
computed again; when all are there they become the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from adapters.forecaster.forecast_file import (
    ForecastRows,
    join_files,
    plan_of,
    read_forecasts,
    window_digest,
    write_rows,
)
from adapters.whole_file import write_whole
from application.errors import InputError, Refused, Retryable
from application.ports.forecaster import Forecast, what_is_wrong
from domain.market.candle_series import CandleSeries, FloatArray
from entrypoints.forecasts.windows import Window, typical_prices

PART: Final = 1024
"""Windows in a part, and so in a batch at most."""
FORMAT: Final = 1
_PLAN: Final = "plan.json"


class Model(Protocol):
    """What computes: a loaded model."""

    name: str

    @property
    def version(self) -> str:
        """The start of the weights' digest."""
        ...

    def quantiles(
        self, series: Sequence[Sequence[float]], steps: int, batch: int
    ) -> NDArray[np.float32]:
        """(series, steps, 3). Raises Retryable where the memory does not do for so many."""
        ...

    def batch_that_fits(self, candles: int, most: int) -> int:
        """How many series of so many candles the memory is good for."""
        ...


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Computed:
    """What a run of the command did: windows in the file, computed now, and not to be believed."""

    windows: int
    computed: int
    wrong: int
    batch: int


Told = Callable[[int, int], None]
"""Is told (windows done, time of the newest in ms)."""


def compute_forecasts(
    series: Mapping[str, CandleSeries],
    wanted: Sequence[Window],
    *,
    model: Model,
    steps: int,
    out: Path,
    batch: int | None,
    told: Told,
    part: int = PART,
) -> Computed:
    """Forecast every wanted window and write the file; what earlier runs did is kept.

    `batch` None: found by memory. Raises InputError where the file or its parts belong to
    something else, Refused where the memory does not do for a single window, OSError.
    """
    if not wanted:
        raise InputError("these candles give no window to forecast: give more of them")
    prices = {pair: typical_prices(one) for pair, one in series.items()}
    plan = _plan(series, prices, wanted, model, steps, part)
    if out.exists():
        if plan_of(out) != plan:
            raise InputError(
                f"{out}: is there already and was made of other candles, times or weights: "
                f"name another file or remove it"
            )
        return Computed(windows=len(wanted), computed=0, wrong=_wrong(out), batch=0)
    folder = out.with_name(out.name + ".parts")
    _claim(folder, plan)
    longest = max(one.end - one.first for one in wanted)
    work = _Work(model, prices, steps, batch or model.batch_that_fits(longest, part))
    paths, computed = [], 0
    for number, first in enumerate(range(0, len(wanted), part)):
        path = folder / f"{number:06}.parquet"
        rows = wanted[first : first + part]
        if plan_of(path) != plan:
            write_rows(path, work.forecast(rows, lambda n: told(first + n, rows[n - 1].at)), plan)  # noqa: B023 - called at once
            computed += len(rows)
        told(first + len(rows), rows[-1].at)
        paths.append(path)
    join_files(paths, out, plan)
    for path in (*paths, folder / _PLAN):
        path.unlink()
    folder.rmdir()
    return Computed(windows=len(wanted), computed=computed, wrong=_wrong(out), batch=work.batch)


def _plan(
    series: Mapping[str, CandleSeries],
    prices: Mapping[str, FloatArray],
    wanted: Sequence[Window],
    model: Model,
    steps: int,
    part: int,
) -> str:
    """A digest of all that the file's content depends on."""
    digest = hashlib.sha256(f"{FORMAT} {model.name} {model.version} {steps} {part}".encode())
    for pair, one in series.items():
        digest.update(pair.encode() + one.open_time.tobytes() + prices[pair].tobytes())
    for window in wanted:
        digest.update(f"{window.pair} {window.at} {window.first} {window.end}\n".encode())
    return digest.hexdigest()


def _claim(folder: Path, plan: str) -> None:
    """Make the folder of parts, or find that it is of this plan."""
    note = folder / _PLAN
    folder.mkdir(parents=True, exist_ok=True)
    if note.exists():
        try:
            known = json.loads(note.read_text(encoding="utf-8"))["plan"]
        except (ValueError, KeyError, TypeError):
            known = None
        if known != plan:
            raise InputError(
                f"{folder}: holds parts made of other candles, times or weights: name another "
                f"--out, or remove this folder"
            )
        return
    write_whole(note, json.dumps({"plan": plan}).encode())


@attrs.define(slots=True)
class _Work:
    """A model at work; its batch gets smaller when the memory says so."""

    model: Model
    prices: Mapping[str, FloatArray]
    steps: int
    batch: int

    def forecast(self, rows: Sequence[Window], done: Callable[[int], None]) -> ForecastRows:
        inputs = [self.prices[one.pair][one.first : one.end] for one in rows]
        paths = np.concatenate(list(self._batches(inputs, done)))
        return ForecastRows(
            model=self.model.name,
            version=self.model.version,
            pair=[one.pair for one in rows],
            at=np.array([one.at for one in rows], dtype=np.int64),
            candles=np.array([len(one) for one in inputs], dtype=np.int32),
            window=[window_digest(one) for one in inputs],
            paths=paths,
        )

    def _batches(
        self, inputs: list[FloatArray], done: Callable[[int], None]
    ) -> Iterator[NDArray[np.float32]]:
        at = 0
        while at < len(inputs):
            some = inputs[at : at + self.batch]
            try:
                found = self.model.quantiles(some, self.steps, len(some))  # type: ignore[arg-type]
            except Retryable as error:
                if self.batch == 1:
                    raise Refused(f"{error}, and fewer than one cannot be forecast") from None
                self.batch = max(1, min(self.batch, len(some)) // 2)
                continue
            at += len(some)
            done(at)
            yield found


def _wrong(path: Path) -> int:
    """How many forecasts of a file cannot be believed, and so never count."""
    file = read_forecasts(path)
    return sum(
        what_is_wrong(Forecast("", *(tuple(one) for one in row.T.tolist())), file.steps) is not None
        for pair in file.pairs.values()
        for row in pair.paths
    )
