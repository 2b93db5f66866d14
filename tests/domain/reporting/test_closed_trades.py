"""First in, first out by coin; and no yen gets lost on the way."""

from decimal import Decimal

import attrs
from hypothesis import given
from hypothesis import strategies as st

import domain.events as e
from domain.instant import HOUR, MINUTE
from domain.money import Jpy
from domain.reporting.closed_trades import ClosedTrade, TradeMatcher

ETH, BTC = "eth_usdt", "btc_usdt"


def yen(amount: str | int | Decimal) -> Jpy:
    return Jpy(Decimal(amount))


@attrs.define
class Account:
    """Buys and sells as the log tells of them."""

    matcher: TradeMatcher = attrs.Factory(TradeMatcher)
    number: int = 0

    def buy(self, coins: str, funds: str, *, fee: str = "0", at: int = 0, pair: str = ETH) -> str:
        self.number += 1
        name = f"b{self.number}"
        asked = e.OrderRequested(name, pair, e.Side.BUY, e.Reason.SIGNAL, "a", 0.3, None, at)
        self.matcher.order(asked, at)
        self.matcher.order(self._filled(name, pair, e.Side.BUY, coins, funds, fee), at)
        return name

    def sell(
        self, position: str, coins: str, funds: str, *, fee: str = "0", at: int = HOUR,
        pair: str = ETH, expired: bool = False,
    ) -> None:  # fmt: skip
        self.number += 1
        name = f"s{self.number}"
        asked = e.OrderRequested(name, pair, e.Side.SELL, e.Reason.SIGNAL, "a", None, position, at)
        self.matcher.order(asked, at)
        end = self._filled(name, pair, e.Side.SELL, coins, funds, fee)
        if expired:
            end = e.OrderExpired(
                name, pair, e.Side.SELL, end.asked, end.quantity, end.funds, end.fee
            )
        self.matcher.order(end, at)

    def _filled(
        self, name: str, pair: str, side: e.Side, coins: str, funds: str, fee: str
    ) -> e.OrderFilled:
        quantity = Decimal(coins)
        price = yen(Decimal(funds) / quantity)
        return e.OrderFilled(name, pair, side, quantity, quantity, price, yen(funds), yen(fee))

    def close(
        self, position: str, *, at: int = HOUR, pair: str = ETH,
        reason: e.Reason = e.Reason.SIGNAL,
    ) -> ClosedTrade | None:  # fmt: skip
        # what the position itself says of its gain is not looked at
        event = e.PositionClosed(
            position, pair, "x", reason, Decimal(1), yen(0), yen(0), yen(999), 9.0, Decimal(0), at
        )
        return self.matcher.position(event, at)


def test_a_sale_takes_the_oldest_lot_first() -> None:
    account = Account()
    first = account.buy("1", "100", at=0)
    account.buy("1", "300", at=MINUTE)
    account.sell(first, "1", "250", at=HOUR)
    trade = account.close(first)
    assert trade is not None
    assert (trade.cost, trade.proceeds, trade.gain) == (yen(100), yen(250), yen(150))
    assert (trade.gain_pct, trade.hold_ms, trade.unmatched) == (150.0, HOUR, Decimal(0))
    assert account.matcher.lots_left(ETH) == (Decimal(1), Decimal(300))


def test_fees_of_both_sides_count() -> None:
    account = Account()
    position = account.buy("2", "100", fee="1.5")
    account.sell(position, "2", "110", fee="0.25")
    trade = account.close(position)
    assert trade is not None
    assert trade.gain == yen("8.25")


def test_dust_stays_with_its_cost_and_goes_with_the_next_sale() -> None:
    account = Account()
    first = account.buy("1.0", "100", at=0)
    account.sell(first, "0.9", "95", at=HOUR)
    one = account.close(first)
    second = account.buy("1.0", "200", at=2 * HOUR)
    account.sell(second, "1.0", "210", at=3 * HOUR)
    two = account.close(second)
    assert one is not None
    assert two is not None
    assert one.gain == yen(5)
    assert two.cost == yen(190)
    assert two.hold_ms == 3 * HOUR, "the dust had been there since the first buy"
    assert account.matcher.lots_left(ETH) == (Decimal("0.1"), Decimal(20))


def test_all_sales_of_a_position_are_one_trade() -> None:
    account = Account()
    position = account.buy("1", "100")
    account.sell(position, "0.4", "50", expired=True)
    account.sell(position, "0.6", "75", at=2 * HOUR)
    trade = account.close(position, at=2 * HOUR, reason=e.Reason.STOP_LOSS)
    assert trade is not None
    assert (trade.quantity, trade.gain, trade.reason) == (Decimal(1), yen(25), "stop_loss")


def test_coins_of_one_pair_are_not_sold_as_another() -> None:
    account = Account()
    account.buy("5", "1", pair=BTC)
    position = account.buy("1", "100")
    account.sell(position, "1", "101")
    trade = account.close(position)
    assert trade is not None
    assert trade.gain == yen(1)
    assert account.matcher.lots_left(BTC) == (Decimal(5), Decimal(1))


def test_coins_that_nobody_bought_have_no_cost_and_bring_no_gain() -> None:
    account = Account()
    position = account.buy("1", "100")
    account.sell(position, "4", "480")
    trade = account.close(position)
    assert trade is not None
    assert (trade.quantity, trade.unmatched) == (Decimal(1), Decimal(3))
    assert trade.gain == yen(20)


def test_written_off_coins_take_their_lot_along_without_a_gain() -> None:
    account = Account()
    position = account.buy("1", "100")
    gone = e.PositionWrittenOff(position, ETH, position, Decimal(1), 5)
    assert account.matcher.position(gone, 5) is None
    assert account.matcher.lots_left(ETH) == (Decimal(0), Decimal(0))


def test_what_was_sold_before_the_rest_was_written_off_is_a_trade() -> None:
    account = Account()
    position = account.buy("1", "100")
    account.sell(position, "0.5", "60", expired=True)
    gone = e.PositionWrittenOff(position, ETH, position, Decimal("0.5"), 5)
    trade = account.matcher.position(gone, 5)
    assert trade is not None
    assert (trade.gain, trade.reason) == (yen(10), e.Reason.WRITTEN_OFF)


def test_an_order_without_a_fill_changes_nothing() -> None:
    account = Account()
    none = Decimal(0)
    for side in e.Side:
        account.matcher.order(e.OrderExpired("o", ETH, side, Decimal(1), none, yen(0), yen(0)), 0)
    assert account.matcher.lots_left(ETH) == (none, none)
    assert account.close("p") is None


def test_a_trade_without_a_cost_has_no_percentage() -> None:
    account = Account()
    account.sell("p", "1", "5")
    trade = account.close("p")
    assert trade is not None
    assert (trade.gain, trade.gain_pct) == (yen(0), 0.0)


coins = st.decimals("0.00000001", "1000", places=8)
amounts = st.decimals("0", "1000000", places=4)


@given(st.lists(st.tuples(st.booleans(), coins, amounts, amounts), max_size=30))
def test_gains_and_what_is_left_are_all_that_moved(
    orders: list[tuple[bool, Decimal, Decimal, Decimal]],
) -> None:
    account, held, moved, gains = Account(), Decimal(0), Decimal(0), Decimal(0)
    for is_buy, quantity, funds, fee in orders:
        if is_buy or not held:
            account.buy(f"{quantity:f}", f"{funds:f}", fee=f"{fee:f}")
            held, moved = held + quantity, moved - funds - fee
            continue
        sold = min(quantity, held)
        account.sell("p", f"{sold:f}", f"{funds:f}", fee=f"{fee:f}")
        trade = account.close("p")
        assert trade is not None
        assert (trade.quantity, trade.unmatched) == (sold, 0)
        held, moved, gains = held - sold, moved + funds - fee, gains + trade.gain.amount
    left, cost = account.matcher.lots_left(ETH)
    assert left == held
    assert gains - cost == moved
    assert held or cost == 0
