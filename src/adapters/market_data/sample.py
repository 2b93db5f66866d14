"""The sample candles that ship with the project: synthetic, small, the same on every machine.

python -m adapters.market_data.sample examples/candles
"""

import sys
from pathlib import Path
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from adapters.market_data.candle_table import VALUES
from adapters.market_data.synthetic import synthetic_market
from domain.instruments import DEFAULT

SEED: Final = 5
DAYS: Final = 12


def write_sample(folder: Path) -> tuple[Path, ...]:
    """Write one Parquet file per coin into a folder, which is made if need be; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for one in DEFAULT:
        series = synthetic_market(SEED, DAYS, DEFAULT.only([one.pair]))[one.pair]
        columns = {"open_time": series.open_time} | {name: getattr(series, name) for name in VALUES}
        path = folder / f"{one.binance}_5m_synthetic.parquet"
        pq.write_table(pa.table(columns), path, compression="zstd", compression_level=19)
        written.append(path)
    return tuple(written)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m adapters.market_data.sample FOLDER")
    for file in write_sample(Path(sys.argv[1])):
        sys.stdout.write(f"{file}  {file.stat().st_size:,} bytes\n")
