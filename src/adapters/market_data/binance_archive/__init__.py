"""Binance's archive of candles (data.binance.vision): months and days as zips with checksums."""
