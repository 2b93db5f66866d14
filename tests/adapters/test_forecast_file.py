"""The file of forecasts: what goes in comes out to the bit, and what is none of ours is named."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.forecaster.forecast_file import (
    ForecastRows,
    join_files,
    plan_of,
    read_forecasts,
    to_table,
    window_digest,
    write_rows,
)
from application.errors import InputError


def rows(count: int = 5, *, pairs=("eth_usdt", "btc_usdt"), steps: int = 4, **given):
    paths = np.arange(count * steps * 3, dtype=np.float32).reshape(count, steps, 3) / 7
    return ForecastRows(
        **{
            "model": "m",
            "version": "v",
            "pair": [pairs[n % len(pairs)] for n in range(count)],
            "at": np.arange(count, dtype=np.int64) * 300_000,
            "candles": np.full(count, 336, dtype=np.int32),
            "window": [window_digest([float(n)]) for n in range(count)],
            "paths": paths,
            **given,
        }
    )


def test_what_goes_in_comes_out_to_the_bit(tmp_path) -> None:
    given = rows()
    write_rows(tmp_path / "f.parquet", given, "plan")
    file = read_forecasts(tmp_path / "f.parquet")
    assert (file.model, file.version, file.steps) == ("m", "v", 4)
    assert plan_of(tmp_path / "f.parquet") == "plan"
    eth = file.pairs["eth_usdt"]
    assert eth.at.tolist() == [0, 600_000, 1_200_000]
    assert eth.paths.tobytes() == given.paths[::2].tobytes()
    assert list(eth.window) == [given.window[n] for n in (0, 2, 4)]
    assert set(eth.candles.tolist()) == {336}


def test_parts_joined_are_the_whole(tmp_path) -> None:
    given = rows(10)
    for name, part in (("1", slice(0, 7)), ("2", slice(7, 10))):
        some = {
            key: getattr(given, key)[part] for key in ("pair", "at", "candles", "window", "paths")
        }
        write_rows(tmp_path / name, rows(**some), "plan")
    assert join_files([tmp_path / "1", tmp_path / "2"], tmp_path / "all", "plan") == 10
    write_rows(tmp_path / "whole", given, "plan")
    one, other = (read_forecasts(tmp_path / name) for name in ("all", "whole"))
    for pair in other.pairs:
        assert one.pairs[pair].paths.tobytes() == other.pairs[pair].paths.tobytes()
        assert one.pairs[pair].at.tolist() == other.pairs[pair].at.tolist()


def test_a_file_may_be_out_of_order(tmp_path) -> None:
    write_rows(tmp_path / "f", rows(at=np.array([4, 3, 2, 1, 0], dtype=np.int64)), "plan")
    assert read_forecasts(tmp_path / "f").pairs["eth_usdt"].at.tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t: pa.concat_tables([t, to_table(rows(version="w"), "")]), "of 2 versions"),
        (lambda t: pa.concat_tables([t, t]), "two forecasts of btc_usdt at one time"),
        (lambda t: pa.concat_tables([t, to_table(rows(steps=3), "")]), "differ in length"),
        (lambda t: t.slice(0, 0), "holds no forecast"),
        (lambda t: t.drop_columns(["window"]), "is no file of forecasts"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, spoil, said) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(spoil(to_table(rows(), "plan")), path)
    with pytest.raises(InputError, match=said) as caught:
        read_forecasts(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all"])
def test_what_is_no_parquet_is_named(tmp_path, content) -> None:
    path = tmp_path / "f.parquet"
    path.write_bytes(content)
    assert plan_of(path) is None
    with pytest.raises(InputError, match="is no file of forecasts"):
        read_forecasts(path)
    assert plan_of(tmp_path / "nowhere") is None


@given(
    prices=st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20),
    at=st.integers(0, 19),
)
def test_any_last_bit_of_any_price_is_another_window(prices: list[float], at: int) -> None:
    assert window_digest(prices) == window_digest(np.array(prices))
    changed = list(prices)
    changed[at % len(prices)] = float(np.nextafter(changed[at % len(prices)], np.inf))
    assert window_digest(changed) != window_digest(prices)
    assert window_digest(prices[1:]) != window_digest(prices)
