"""A Coincheck of our own on loopback: signed requests, real sockets, scripted trouble.

What is documented or was recorded is kept. Differences to the real one, and assumptions
where nothing is known of it:

- One account with any number of keys; keys have no permissions and no list of addresses.
- Six pairs instead of twenty-seven; the balance shows a few more coins, always at zero.
- Plain HTTP on loopback; no websocket streams, deposits, withdrawals, loans or retail desk.
- The market is given: orders do not move it, the book is made up around its last price.
- Market orders pay half the spread and a slippage; prices have no ticks, yen no rounding.
- Limit orders fill at their rate in one go, judged only when the venue is looked at.
- `stop_loss_rate` is refused with 400 instead of waiting for its trigger.
- Self-trade prevention and call-auction trades do not happen; a pair can be set to `itayose`.
- An id that is unknown is refused with 404 and `{"success":false,"error":"not found"}`.
- The texts for missing fields, decimals and the 500 JPY minimum are made up.
- The key and signature are judged before the nonce, the nonce before the limits; only a
  request that passes all of authentication uses its nonce up, even if it is then refused.
- A nonce that is no integer or over 2**63 - 1 is an `invalid authentication`.
- Limits are counted over the account in a sliding second; 429 has no Retry-After.
- `transactions` shows the newest 25 rows; a page holds 25 rows unless fewer are asked for.
- `starting_after` and `ending_before` are relative to the order of the list.
- An accepted market_sell is answered without its amount, unless asked to echo it.
- A balance that lags shows a true earlier state, before the fills it does not know yet.
- Yen left over because no coin is small enough go back, and the order counts as FILLED.
- `high`, `low` and `volume` of the ticker and the rows of `trades` are decoration.
"""
