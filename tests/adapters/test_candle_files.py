"""Candle files: what is read, what is repaired and said, and what is refused in one sentence."""

import gzip
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from adapters.market_data.candle_files import LoadedCandles, load_candles
from application.errors import InputError
from domain.instant import CANDLE, DAY, HOUR, parse
from domain.instruments import DEFAULT

RECORDED = Path(__file__).parents[3] / "shared" / "data"
START = parse("2025-03-01")
BTC, ETH = "btc_usdt", "eth_usdt"
NAMES = ("open_time", "open", "high", "low", "close", "volume")

Row = tuple[object, ...]


def rows(count: int, first: int = START) -> list[Row]:
    """Plausible candles, five minutes apart; each close tells which one it is."""
    return [(first + k * CANDLE, 100.0, 200.0, 50.0, 100.0 + k, 1.0) for k in range(count)]


def changed(given: Sequence[Row], at: int, column: str, value: object) -> list[Row]:
    row = list(given[at])
    row[NAMES.index(column)] = value
    return [*given[:at], tuple(row), *given[at + 1 :]]


def text(given: Sequence[Row], header: Sequence[str] = NAMES) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in (header, *given) if row)


def candles(folder: Path, given: Sequence[Row], name: str = "BTCUSDT_5m.csv") -> Path:
    file = folder / name
    if name.endswith(".parquet"):
        pd.DataFrame(given, columns=list(NAMES)).to_parquet(file)
    else:
        file.write_text(text(given))
    return file


def load(*paths: Path, **asked: int) -> LoadedCandles:
    return load_candles(paths, DEFAULT, **asked)


def closes(loaded: LoadedCandles, pair: str = BTC) -> list[float]:
    return [close - 100.0 for close in loaded.series[pair].close.tolist()]


def about(loaded: LoadedCandles, *words: str) -> str:
    """The one sentence of the repairs that has these words."""
    found = [one for one in loaded.repairs if all(word in one for word in words)]
    assert len(found) == 1, loaded.repairs
    return found[0]


def refusal(*paths: Path, **asked: int) -> str:
    with pytest.raises(InputError) as refused:
        load(*paths, **asked)
    said = str(refused.value)
    assert "\n" not in said
    assert ": " in said
    return said


@pytest.mark.parametrize("name", ["BTCUSDT_5m.csv", "btc_usdt-5m.parquet", "btc-usdt.csv"])
def test_a_good_file(name: str, tmp_path: Path) -> None:
    loaded = load(candles(tmp_path, rows(3), name))
    series = loaded.series[BTC]
    assert series.pair == BTC
    assert series.open_time.tolist() == [START, START + CANDLE, START + 2 * CANDLE]
    assert (series.open_time.dtype.name, series.close.dtype.name) == ("int64", "float64")
    assert closes(loaded) == [0, 1, 2]
    assert "no candles" in about(loaded, ETH)


def test_every_decimal_is_read_to_its_nearest_float(tmp_path: Path) -> None:
    given = changed(rows(1), 0, "close", "103.97512345678901")
    assert load(candles(tmp_path, given)).series[BTC].close.tolist() == [103.97512345678901]


def test_gzip_binance_archives_and_files_without_a_header(tmp_path: Path) -> None:
    eleven = [(*row, row[0], 1, 2, 3, 4) for row in rows(2)]
    (tmp_path / "BTCUSDT-5m-2025-03.csv.gz").write_bytes(gzip.compress(text(rows(2)).encode()))
    (tmp_path / "ETHUSDT-5m-2025-03.csv").write_text(text(eleven, header=()))
    with zipfile.ZipFile(tmp_path / "SOLUSDT-5m-2025-03.zip", "w") as archive:
        archive.writestr("CHECKSUM", "0")
        archive.writestr("SOLUSDT-5m-2025-03.csv", text(eleven, header=()))
    loaded = load(tmp_path)
    assert list(loaded.series) == [ETH, BTC, "sol_usdt"], "in the order of the configuration"
    assert closes(loaded) == closes(loaded, ETH) == closes(loaded, "sol_usdt") == [0, 1]


def test_parquet_with_the_times_as_its_index(tmp_path: Path) -> None:
    table = pd.DataFrame(rows(3), columns=list(NAMES))
    table.set_index("open_time").to_parquet(tmp_path / "BTCUSDT_5m.parquet")
    dated = table.assign(date=pd.to_datetime(table["open_time"], unit="ms", utc=True))
    dated.drop(columns="open_time").set_index("date").to_parquet(tmp_path / "ETHUSDT_5m.parquet")
    loaded = load(tmp_path)
    assert closes(loaded) == closes(loaded, ETH) == [0, 1, 2]
    assert loaded.series[ETH].open_time.tolist() == [row[0] for row in rows(3)]


def test_microseconds_and_iso_dates_are_milliseconds_too(tmp_path: Path) -> None:
    finer = [(int(str(row[0])) * 1000, *row[1:]) for row in rows(2)]
    dated = [("2025-03-01 00:00:00+00:00", *rows(1)[0][1:]), ("2025-03-01T00:05", *rows(2)[1][1:])]
    (tmp_path / "ETHUSDT.csv").write_text(text(dated, header=("date", *NAMES[1:])))
    loaded = load(candles(tmp_path, finer), tmp_path / "ETHUSDT.csv")
    expected = [START, START + CANDLE]
    assert loaded.series[BTC].open_time.tolist() == expected
    assert loaded.series[ETH].open_time.tolist() == expected


def test_a_period_has_its_start_and_not_its_end(tmp_path: Path) -> None:
    file = candles(tmp_path, rows(10))
    start, end = START + 4 * CANDLE, START + 6 * CANDLE
    assert closes(load(file, start=start, end=end)) == [4, 5]
    assert closes(load(file, start=start, end=end, history=3)) == [1, 2, 3, 4, 5]
    assert closes(load(file, start=start, end=end, history=99)) == [0, 1, 2, 3, 4, 5]
    assert closes(load(file, start=start + 1, end=end + 1)) == [5, 6]


def test_a_period_without_a_candle(tmp_path: Path) -> None:
    file = candles(tmp_path, rows(10))
    said = refusal(file, start=START + DAY, history=5)
    assert "2025-03-01T00:00:00Z to 2025-03-01T00:45:00Z" in said
    assert "no candle in the period" in refusal(file, end=START)
    gap = candles(tmp_path, rows(2) + rows(2, START + DAY))
    assert "no candle" in refusal(gap, start=START + HOUR, end=START + 2 * HOUR)


def test_a_period_that_ends_before_it_begins(tmp_path: Path) -> None:
    said = refusal(candles(tmp_path, rows(3)), start=START + CANDLE, end=START + CANDLE)
    assert "--from" in said
    assert "--to" in said


def test_a_coin_outside_the_period_is_left_out_and_said(tmp_path: Path) -> None:
    candles(tmp_path, rows(3))
    candles(tmp_path, rows(3, START + DAY), "ETHUSDT_5m.csv")
    loaded = load(tmp_path, start=START + DAY)
    assert list(loaded.series) == [ETH]
    assert "outside the period" in about(loaded, BTC)


def test_unsorted_rows_are_sorted_and_said(tmp_path: Path) -> None:
    loaded = load(candles(tmp_path, rows(6)[::-1]))
    assert closes(loaded) == [0, 1, 2, 3, 4, 5]
    assert "sorted" in about(loaded, "BTCUSDT_5m.csv")


def test_double_rows_are_dropped_and_counted(tmp_path: Path) -> None:
    given = rows(4)
    loaded = load(candles(tmp_path, [*given, given[1], given[1]]))
    assert closes(loaded) == [0, 1, 2, 3]
    assert "2 rows" in about(loaded, "twice dropped")


def test_files_that_overlap_alike_are_merged_and_said(tmp_path: Path) -> None:
    candles(tmp_path, rows(8)[:5], "BTCUSDT_5m_a.csv")
    candles(tmp_path, rows(8)[3:], "BTCUSDT_5m_b.parquet")
    loaded = load(tmp_path)
    assert closes(loaded) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert "2 candles" in about(loaded, "two files alike")


def test_a_file_named_twice_counts_once(tmp_path: Path) -> None:
    file = candles(tmp_path, rows(3))
    loaded = load(file, tmp_path, file)
    assert closes(loaded) == [0, 1, 2]


def test_gaps_stay_open_and_are_said(tmp_path: Path) -> None:
    given = rows(12)
    loaded = load(candles(tmp_path, [*given[:2], *given[3:5], *given[9:]]))
    assert closes(loaded) == [0, 1, 3, 4, 9, 10, 11]
    said = about(loaded, "gaps")
    assert "2 gaps left open, 5 candles missing" in said
    assert "20 minutes from 2025-03-01T00:25:00Z" in said


def test_another_interval_or_coin_in_a_folder_is_passed_over_and_said(tmp_path: Path) -> None:
    candles(tmp_path, rows(3))
    candles(tmp_path, rows(3), "BTCUSDT_1h.csv")
    candles(tmp_path, [(START + k * HOUR, *rows(1)[0][1:]) for k in range(3)], "ETHUSDT.csv")
    candles(tmp_path, rows(3), "PEPEUSDT_5m.csv")
    loaded = load(tmp_path)
    assert list(loaded.series) == [BTC]
    assert "1h" in about(loaded, "BTCUSDT_1h.csv")
    assert "60 minutes apart" in about(loaded, "ETHUSDT.csv")
    assert "not asked for" in about(loaded, "PEPEUSDT_5m.csv")
    assert "1h" in refusal(tmp_path / "BTCUSDT_1h.csv")
    assert "60 minutes" in refusal(tmp_path / "ETHUSDT.csv")
    assert "PEPEUSDT" in refusal(tmp_path / "PEPEUSDT_5m.csv")


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "BTCUSDT_5m.csv")
    assert "holds no candle files" in refusal(tmp_path)
    (tmp_path / "PEPEUSDT.csv").write_text(text(rows(2)))
    assert "no 5-minute candles" in refusal(tmp_path)
    assert "no candle file was named" in refusal()


@pytest.mark.parametrize("content", ["", "\n", ",".join(NAMES) + "\n"])
def test_an_empty_file(content: str, tmp_path: Path) -> None:
    file = tmp_path / "BTCUSDT_5m.csv"
    file.write_text(content)
    assert f"{file}: has no rows" in refusal(file)


@pytest.mark.parametrize("suffix", ["parquet", "csv.gz", "zip"])
@pytest.mark.parametrize("content", [b"\x00", b"PAR1 no more", b"\x1f\x8b\x08\x00", b"PK\x03\x04"])
def test_a_corrupt_file(suffix: str, content: bytes, tmp_path: Path) -> None:
    file = tmp_path / f"BTCUSDT_5m.{suffix}"
    file.write_bytes(content)
    assert f"{file}: cannot be read" in refusal(file)


@pytest.mark.parametrize(("at", "value"), [(8, b"\x01"), (10, b"\x63")])
def test_an_archive_that_is_encrypted_or_packed_in_an_unknown_way(
    at: int, value: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "BTCUSDT-5m.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("BTCUSDT-5m.csv", text(rows(2)))
    content = file.read_bytes()
    entry = content.index(b"PK\x01\x02") + at
    # flag or method, in the directory of the archive
    file.write_bytes(content[:entry] + value + content[entry + 1 :])
    assert f"{file}: cannot be read" in refusal(file)


def test_an_archive_without_candles_and_a_headerless_file_too_narrow(tmp_path: Path) -> None:
    file = tmp_path / "BTCUSDT-5m.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "no CSV file in the archive" in refusal(file)
    narrow = tmp_path / "BTCUSDT_5m.csv"
    narrow.write_text(text([row[:5] for row in rows(2)], header=()))
    assert "no header and 5 columns" in refusal(narrow)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("lost", NAMES)
def test_a_missing_column_is_named(lost: str, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"BTCUSDT_5m.{suffix}"
    table = pd.DataFrame(rows(2), columns=list(NAMES)).drop(columns=lost)
    table.to_csv(file, index=False) if suffix == "csv" else table.to_parquet(file)
    assert f"{file}: column {lost} is missing" in refusal(file)


@pytest.mark.parametrize("name", NAMES[1:])
@pytest.mark.parametrize("bad", ["", "nan", "inf", "-1", "dear"])
def test_a_bad_number_is_named_with_its_row(name: str, bad: str, tmp_path: Path) -> None:
    file = candles(tmp_path, changed(rows(4), 2, name, bad))
    assert f"{file}: {name} in row 3" in refusal(file)


def test_no_price_is_zero_and_a_volume_may_be(tmp_path: Path) -> None:
    for name in NAMES[1:5]:
        file = candles(tmp_path, changed(rows(4), 2, name, 0))
        assert f"{file}: {name} in row 3" in refusal(file)
    assert closes(load(candles(tmp_path, changed(rows(4), 2, "volume", 0)))) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("high", 40, "high in row 2 (2025-03-01T00:05:00Z) is 40, under low"),
        ("low", 101, "in row 2 (2025-03-01T00:05:00Z)"),
        ("open", 201, "open in row 2 (2025-03-01T00:05:00Z) is 201, outside low to high"),
        ("close", 49, "close in row 2 (2025-03-01T00:05:00Z) is 49, outside low to high"),
    ],
)
def test_prices_of_a_candle_that_contradict_each_other(
    name: str, value: float, said: str, tmp_path: Path
) -> None:
    assert said in refusal(candles(tmp_path, changed(rows(4), 1, name, value)))


@pytest.mark.parametrize(("unit", "factor"), [("seconds", 1e-3), ("nanoseconds", 1e6)])
def test_another_unit_of_time_is_named(unit: str, factor: float, tmp_path: Path) -> None:
    given = [(int(int(str(row[0])) * factor), *row[1:]) for row in rows(3)]
    assert f"in {unit}: ms or microseconds are wanted" in refusal(candles(tmp_path, given))


@pytest.mark.parametrize("time", ["", "noon", 5, -START, START + 0.5, START * 1000 + 1])
def test_a_bad_time_is_named_with_its_row(time: object, tmp_path: Path) -> None:
    given = changed(rows(4), 1, "open_time", time)
    assert "open_time in row 2" in refusal(candles(tmp_path, given))


def test_a_time_off_the_grid_is_refused(tmp_path: Path) -> None:
    given = changed(rows(4), 1, "open_time", START + CANDLE + 60_000)
    assert "2025-03-01T00:06:00Z" in refusal(candles(tmp_path, given))


def test_contradicting_rows_and_files_are_refused(tmp_path: Path) -> None:
    given = rows(4)
    other = changed(given, 2, "close", 77.5)
    said = refusal(candles(tmp_path, [*given, other[2]]))
    assert "2025-03-01T00:10:00Z differ in close (102 and 77.5)" in said
    candles(tmp_path, given)
    candles(tmp_path, other, "BTCUSDT_5m_b.csv")
    said = refusal(tmp_path)
    assert all(one in said for one in ("BTCUSDT_5m.csv", "BTCUSDT_5m_b.csv", "in close"))


@pytest.mark.skipif(not RECORDED.is_dir(), reason=f"needs the recordings in {RECORDED}")
def test_recorded_crash() -> None:
    crash = parse("2025-10-10T21:15")
    file = RECORDED / "klines_5m" / "BTCUSDT_5m_2025-01_2026-02.parquet"
    loaded = load(file, start=crash, end=crash + HOUR, history=250)
    series = loaded.series[BTC]
    assert len(series) == 262
    assert int(series.close[250]) == 103_975, "the candle of the period comes after its history"
    assert not any("gap" in one for one in loaded.repairs)


def test_an_encrypted_zip_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-5m-2025-03.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("BTCUSDT-5m-2025-03.csv", text(rows(5)))
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1  # the flag says so, that is enough
    path.write_bytes(content)
    assert "cannot be read" in refusal(path)
