"""Binance's published 5-minute candles as one Parquet file per coin and month.

Monthly and daily archives first, checked against their checksums; what they lack is asked for at
the REST interface, and what that does not have either stays a gap and is said.
"""
