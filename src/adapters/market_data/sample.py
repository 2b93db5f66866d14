"""python -m adapters.market_data.sample FOLDER: the sample candles that the repository ships."""

import sys
from pathlib import Path

from adapters.market_data.synthetic import synthetic_market
from domain.instruments import DEFAULT

SEED = 11
DAYS = 14.0


def write_sample(folder: Path) -> list[Path]:
    """Write two weeks of synthetic candles, one Parquet file a coin; returns the files."""
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for coin in DEFAULT:
        one = synthetic_market(SEED, DAYS, DEFAULT)[coin.pair]
        path = folder / f"{coin.binance}_5m_synthetic.parquet"
        pd.DataFrame(
            {
                "open_time": one.open_time,
                "open": one.open,
                "high": one.high,
                "low": one.low,
                "close": one.close,
                "volume": one.volume,
            }
        ).to_parquet(path, index=False, compression="zstd")
        written.append(path)
    return written


if __name__ == "__main__":
    for file in write_sample(Path(sys.argv[1] if len(sys.argv) > 1 else "examples/candles")):
        print(file)
