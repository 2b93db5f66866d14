"""What is true about trading: pure functions and values; no clock, no I/O, no chance.

Read in the order of the money: events (the vocabulary) -> market (a price arrives)
-> scoring (what is it worth) -> strategy (what to do about it) -> trading (order, fill,
position) -> tuning (are we any good). A stage imports only the stages before it.
"""
