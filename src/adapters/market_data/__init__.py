"""Where 5-minute candles come from: files, recordings of them, and a market made from a seed."""
