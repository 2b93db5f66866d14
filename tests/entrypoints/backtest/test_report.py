"""The report opens offline, holds every trade with its reasons, and appears whole or not."""

import json
import re
import resource
from html.parser import HTMLParser

import numpy as np
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from application.errors import InputError
from domain.instant import DAY
from entrypoints.backtest.finished import EquityCurve
from entrypoints.backtest.outcome import outcome_of
from entrypoints.backtest.report import write_report
from entrypoints.backtest.report.bars import MOST_BARS, bar_length, bars_of
from entrypoints.backtest.trades import read_trades
from tests.given.finished_run import BTC, ETH, START, given_run

pytestmark = pytest.mark.asyncio(loop_scope="function")
SYNTHETIC = "synthetic: made up, not recorded"


class _Page(HTMLParser):
    """Collects what a browser would load, JSON blocks and the text outside scripts."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.blocks, self.words, self._script = [], {}, [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in ("script", "style"):
            self._script = given.get("id", tag)
        for name in ("src", "href", "srcset", "data", "poster"):
            if given.get(name) and tag != "a":
                self.loads.append((tag, given[name]))

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self._script = None

    def handle_data(self, data):
        if self._script is None:
            self.words.append(data)
        else:
            self.blocks[self._script] = self.blocks.get(self._script, "") + data


def _names(folder):
    return [path.name for path in folder.iterdir()]


async def _written(path, studies=(), **changes):
    run = await given_run(**changes)
    book = await read_trades(run.store)
    write_report(run, book, outcome_of(run, book), path, studies)
    return path.read_text(encoding="utf-8")


async def test_loads_nothing_from_outside(tmp_path):
    text = await _written(tmp_path / "report.html")
    page = _Page(text)
    assert page.loads == []
    assert "default-src 'none'" in text
    assert "@import" not in page.blocks["style"]
    assert not re.search(r"url\(", page.blocks["style"])
    assert text.count("BEGIN bokeh.min.js") == 1
    assert _names(tmp_path) == ["report.html"]


async def test_says_what_it_is(tmp_path):
    page = _Page(await _written(tmp_path / "report.html"))
    words = " ".join(page.words)
    for expected in ("Backtest", "2025-01-01 00:05", "ETH, BTC", "Past results promise nothing"):
        assert expected in words
    for figure in ("+1.00 %", "+15.50 %", "\u22125.00 %", "66.7 %", "spread too wide", "stop-loss"):
        assert figure in words
    assert "one <b>candle</b> was repaired" in words  # as text: it was escaped
    assert SYNTHETIC not in words
    assert not re.search(r"\bnan\b", words, re.IGNORECASE)


async def test_synthetic_data_are_called_so(tmp_path):
    notes = ("synthetic market, seed 7",)
    words = " ".join(_Page(await _written(tmp_path / "r.html", notes=notes)).words)
    assert "Simulation" in words
    assert SYNTHETIC in words


async def test_every_trade_has_its_explanation(tmp_path):
    page = _Page(await _written(tmp_path / "report.html"))
    found = json.loads(page.blocks["trade-data"])
    won, stopped, taken, held = found["trades"]
    assert won["why"]["id"] == "ab1"
    assert won["why"]["parts"] == [0.6, 0.2, None, -0.1]
    assert won["why"]["weights"] == [0.35, 0.35, 0.15, 0.15]
    assert won["why"]["limits"] == [0.1675, -0.0871, 0.67, 1]
    assert won["buy"]["size"] == {
        "method": "tier", "free": 99_000, "share": 0.3, "cap": 15_000, "trades": 0
    }  # fmt: skip
    assert (won["buy"]["bid"], won["buy"]["ask"], won["buy"]["price"]) == (998, 1000, 1000)
    assert won["out"]["id"] == "as1"
    assert (stopped["seen"], stopped["sell"]["price"], stopped["gap"]) == (1100.2, 1098.7, -11)
    assert stopped["stops"][-1][1:] == [1234.5, 3.9]
    assert taken["reason"] == "take_profit"
    assert "closed" not in held


async def test_charts_are_there_and_finite(tmp_path):
    page = _Page(await _written(tmp_path / "report.html", ["vwap", "RSI"]))

    def refuse(word):
        raise AssertionError(word)

    charts = json.loads(page.blocks["chart-data"], parse_constant=refuse)
    assert set(charts) == {"equity", ETH, BTC}
    assert "with VWAP, RSI" in " ".join(page.words)
    assert "RSI" in json.dumps(charts[ETH])


async def test_a_run_without_trades_or_curve(tmp_path):
    nothing = EquityCurve(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    store = InMemoryEventStore(InMemoryReadModels(SimulatedClock()))
    page = _Page(
        await _written(tmp_path / "report.html", curve=nothing, yen=np.zeros(0), store=store)
    )
    assert json.loads(page.blocks["trade-data"])["trades"] == []
    assert "no closed trade" in " ".join(page.words)


async def test_unknown_study_names_near_ones(tmp_path):
    with pytest.raises(InputError, match=r"'vwapp'.*vwap.*List all"):
        await _written(tmp_path / "report.html", ["vwapp"])
    assert _names(tmp_path) == []


async def test_study_that_finta_lacks_is_said(tmp_path):
    with pytest.raises(InputError, match="--study swi"):
        await _written(tmp_path / "report.html", ["swi"])


async def test_a_missing_folder_is_made(tmp_path):
    await _written(tmp_path / "missing" / "report.html")
    assert _names(tmp_path / "missing") == ["report.html"]


async def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="--report"):
        await _written(tmp_path / "file" / "report.html")


async def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        await _written(tmp_path)


async def test_a_full_disk_leaves_nothing_new(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("the one before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(InputError, match="--report"):
            await _written(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "the one before"
    assert _names(tmp_path) == ["report.html"]


@pytest.mark.parametrize(
    ("days", "name"), [(3, "5-minute"), (30, "15-minute"), (120, "1-hour"), (365, "4-hour")]
)
async def test_bars_are_few_enough(days, name):
    length, called = bar_length(START, START + days * DAY)
    assert called == name
    assert days * DAY / length <= MOST_BARS


async def test_bars_are_in_yen_and_whole():
    run = await given_run()
    bars = bars_of(run, BTC)
    assert bars.close[0] == pytest.approx(50_000 * 150)
    assert bars.close[-1] == pytest.approx(50_000 * 165)
    long = await given_run(end=START + 365 * DAY)
    coarse = bars_of(long, ETH)
    assert coarse.name == "4-hour"
    assert coarse.volume.sum() == pytest.approx(bars_of(run, ETH).volume.sum())
    assert (coarse.high >= coarse.low).all()
