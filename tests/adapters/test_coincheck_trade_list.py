"""The exchange's own list of trades: both of its forms, and each way in which a file is bad.

Rows are made up after what the module's docstring says of the forms; amounts of the first fill
are those of a published one (0.005 BTC at 16,925,672).
"""

import csv
import io
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.exchange.coincheck.transactions_csv import TradeList, read_trade_list
from application.errors import ConfigurationError
from domain.events import Side
from domain.instant import DAY, JAPAN, SECOND, parse, to_datetime
from domain.instruments import DEFAULT
from domain.reporting.tax_check import tax_check
from domain.reporting.tax_year import Move

NEW = (
    "取引日時,取引種別,取引形態,通貨ペア,増加通貨名,増加数量,減少通貨名,減少数量,約定代金,"
    "約定価格,手数料通貨,手数料数量,送付元アドレス,送付先アドレス,登録番号,社名,備考"
)
OLD = "id,time,operation,amount,trading_currency,price,original_currency,fee,comment"
AT = parse("2025-08-24T13:52:25+09:00")
CONTRACT = "Completed trading contracts"
COMMENT = '"Rate: 16925672.0, Pair: btc_jpy"'
BUY_ROW = f"583710515,2025-08-24 13:52:25 +0900,{CONTRACT},0.005,BTC,,,0,{COMMENT}"
NEW_BUY = "2025/08/24 13:52:25,買,取引所,BTC/JPY,BTC,0.005,JPY,84628.36,84628.36,16925672,,,,,,,"


def read(tmp_path: Path, text: str, encoding: str = "utf-8-sig") -> TradeList:
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode(encoding))
    return read_trade_list(path, DEFAULT)


def move(quantity: str, jpy: str, side: Side = Side.BUY, fee: str = "0", fill: str = "") -> Move:
    return Move(AT, "btc_usdt", side, Decimal(quantity), Decimal(jpy), Decimal(fee), fill)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_form_since_2025(tmp_path: Path, encoding: str) -> None:
    rows = [
        NEW_BUY,
        '2025/08/24 13:52:25,売,取引所,BTC/JPY,JPY,"84,620.36",BTC,0.005,84628.36,,JPY,8,,,,,覚',
        "2025/08/24 13:52:25,入金,,,JPY,100000,,,,,,,,,,,",
        "",
        "2025/08/24 13:52:25,送金,,,,,BTC,0.1,,,BTC,0.0005,,,,,",
        "2025/08/24 13:52:25,交換,,,ETH,1,BTC,0.1,,,,,,,,,",
    ]
    found = read(tmp_path, "\r\n".join([NEW, *rows]), encoding)
    assert [one.move for one in found.trades] == [
        move("0.005", "84628.36"),
        # the sum of the trade, not what came in of it after the fee
        move("0.005", "84628.36", Side.SELL, fee="8"),
    ]
    assert [one.row for one in found.trades] == [2, 3]
    assert found.others == {"入金": 1, "送金": 1, "交換 BTC ETH": 1}


def test_without_the_sum_of_a_trade_the_yen_that_moved_are_it(tmp_path: Path) -> None:
    header = NEW.replace("約定代金,約定価格", "約定価格/数量,単価")
    (one,) = read(tmp_path, f"{header}\n{NEW_BUY}\n").trades
    assert one.move == move("0.005", "84628.36")


def test_the_older_form(tmp_path: Path) -> None:
    rows = [
        BUY_ROW,
        f'2,2025-08-24 04:52:25 UTC,{CONTRACT},"84,628.36",JPY,,,,{COMMENT}',
        "3,2025-08-24 13:52:25,Buy,0.005,BTC,-84628.36,JPY,0,",
        "4,2025-08-24T13:52:25Z,sell,-0.005,BTC,84628.36,JPY,1.5,",
        "5,2025-08-24 13:52:25,Limit Order,-84628.36,JPY,,,0,Rate: 1",
        "6,2025-08-24 13:52:25,Received,1,BTC,,,0,",
        f'7,2025-08-24 13:52:25,{CONTRACT},1,ETH,,,0,"Rate: 0.1, Pair: eth_btc"',
        f"8,2025-08-24 13:52:25,{CONTRACT},-0.005,BTC,,,0,{COMMENT}",
    ]
    found = read(tmp_path, "\n".join([OLD, *rows]))
    bought, sold, plain, later, paid = (one.move for one in found.trades)
    assert bought == move("0.005", "84628.36", fill="583710515")
    assert (sold.side, sold.jpy, sold.at) == (Side.SELL, Decimal("84628.36"), AT)
    assert sold.quantity == Decimal("0.005")
    assert plain == move("0.005", "84628.36", fill="3")
    assert (later.side, later.at, later.fee) == (Side.SELL, AT + JAPAN, Decimal("1.5"))
    # what is negative went out
    assert paid == move("0.005", "84628.36", Side.SELL, fill="8")
    assert found.others == {"ETH for BTC": 1, "Limit Order": 1, "Received": 1}


def test_a_coin_that_is_not_ours_is_a_trade_all_the_same(tmp_path: Path) -> None:
    (one,) = read(tmp_path, f"{NEW}\n{NEW_BUY.replace('BTC', 'MONA')}").trades
    assert one.move.pair == "mona_usdt"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no rows"),
        (NEW, "has no rows"),
        ("a,b\n1,2\n", "in row 1"),
        (f"{OLD.replace(',comment', '')}\n1,2,3,4,5,6,7,8", "column comment is missing in row 1"),
        (f"{NEW.replace('増加数量', 'x')}\n{NEW_BUY}", "column 増加数量 is missing in row 1"),
        (f"{NEW}\n{NEW_BUY.replace('0.005', '0,005')}", "row 2 has 18 columns instead of 17"),
        (f"{NEW}\n{NEW_BUY.replace('0.005', 'x')}", "増加数量 in row 2 is 'x', not a number"),
        (f"{NEW}\n{NEW_BUY.replace('0.005', '')}", "増加数量 in row 2 is empty, nothing"),
        (f"{NEW}\n{NEW_BUY.replace('0.005', 'NaN')}", "増加数量 in row 2 is 'NaN', not a number"),
        (f"{NEW}\n{NEW_BUY.replace('0.005', '1e99')}", "増加数量 in row 2 is '1e99', not a number"),
        (f"{NEW}\n\n{NEW_BUY.replace('/24', '/34')}", "取引日時 in row 3 is '2025/08/34"),
        (f"{NEW}\n{NEW_BUY.replace(':25', '')}", "取引日時 in row 2 is '2025/08/24 13:52'"),
        (f"{NEW}\n{NEW_BUY.replace('2025', '1925')}", "not a time between 2009 and 2100"),
        (f"{NEW}\n{NEW_BUY.replace('JPY,84628.36', ',')}", "減少通貨名 in row 2 is empty"),
        (f"{NEW}\n{NEW_BUY.replace('BTC,0.005', '<b>,0.005')}", "増加通貨名 in row 2 is '<b>'"),
        (f"{NEW}\n{NEW_BUY.replace('16925672,,', '16925672,BTC,1')}", "手数料通貨 in row 2"),
        (f"{OLD}\n{BUY_ROW.replace('Rate', 'Rat')}", "comment in row 2 is 'Rat: 16925672.0"),
        (f"{OLD}\n{BUY_ROW.replace('16925672.0', '0.0')}", "comment in row 2"),
        (f"{OLD}\n{BUY_ROW.replace(',BTC', ',ETH')}", "trading_currency in row 2 is 'ETH'"),
        (f"{OLD}\n1,2025-08-24 13:52:25,Buy,1,BTC,,JPY,0,", "price in row 2 is empty"),
        (f'{OLD}\n1,"2025', "no CSV"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_what_is_no_text_and_what_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"id,time\n\x81\x00\x80\xff\xfe")
    with pytest.raises(ConfigurationError, match="neither UTF-8 nor Shift_JIS"):
        read_trade_list(path, DEFAULT)
    for missing in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(ConfigurationError, match=str(missing)):
            read_trade_list(missing, DEFAULT)


@given(st.text(), st.sampled_from([NEW, OLD, ""]))
def test_any_text_is_read_or_refused(text: str, header: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_bytes(f"{header}\n{text}".encode("utf-8", "surrogatepass"))
        try:
            told = [*read_trade_list(path, DEFAULT).others]
        except ConfigurationError as error:
            told = [str(error)]
    assert all(len(one.splitlines()) == 1 for one in told)


PAIRS = st.sampled_from(["btc_usdt", "eth_usdt", "doge_usdt"])
QUANTITIES = st.integers(1, 10**9).map(lambda one: Decimal(one).scaleb(-6))
RATES = st.integers(1_000, 10**9).map(lambda one: Decimal(one).scaleb(-3))


@st.composite
def fills(draw: st.DrawFn) -> list[Move]:
    """Some of them in one second, with ids; JPY to seven decimals as the exchange has them."""
    made, at = [], AT
    for number in range(draw(st.integers(1, 12))):
        at += draw(st.sampled_from([0, 0, SECOND, DAY]))
        quantity = draw(QUANTITIES)
        jpy = round(quantity * draw(RATES), 7)
        side, fee = draw(st.sampled_from(Side)), draw(st.sampled_from([Decimal(0), Decimal("1.5")]))
        made.append(Move(at, draw(PAIRS), side, quantity, jpy or Decimal(1), fee, f"9{number}"))
    return made


def as_new(fill: Move) -> list[object]:
    coin = fill.pair.partition("_")[0].upper()
    coins, yen = (coin, f"{fill.quantity:f}"), ("JPY", f"{fill.jpy:f}")
    came, went = (coins, yen) if fill.side is Side.BUY else (yen, coins)
    time = to_datetime(fill.at + JAPAN).strftime("%Y/%m/%d %H:%M:%S")
    kind = "買" if fill.side is Side.BUY else "売"
    sums = [f"{fill.jpy:f}", "", "JPY", f"{fill.fee:f}"]
    return [time, kind, "取引所", f"{coin}/JPY", *came, *went, *sums, *[""] * 5]


def as_old(fill: Move) -> list[object]:
    coin = fill.pair.partition("_")[0]
    rate = fill.jpy / fill.quantity
    amount = fill.quantity if fill.side is Side.BUY else fill.jpy
    currency = coin.upper() if fill.side is Side.BUY else "JPY"
    time = to_datetime(fill.at + JAPAN).strftime("%Y-%m-%d %H:%M:%S +0900")
    comment = f"Rate: {rate:.9f}, Pair: {coin}_jpy"
    return [fill.fill, time, CONTRACT, f"{amount:f}", currency, "", "", f"{fill.fee:f}", comment]


def written(moves: list[Move], form: str) -> TradeList:
    text = io.StringIO()
    text.write(f"{form}\n")
    csv.writer(text).writerows((as_new if form is NEW else as_old)(one) for one in moves)
    with TemporaryDirectory() as folder:
        return read(Path(folder), text.getvalue())


@given(fills(), st.sampled_from([NEW, OLD]), st.randoms(use_true_random=False))
def test_a_file_of_all_fills_has_nothing_apart(made: list[Move], form: str, chance) -> None:
    shuffled = list(made)
    chance.shuffle(shuffled)
    found = tax_check(written(shuffled, form).trades, made, 2025)
    assert found.is_clean
    assert found.matched == found.rows == found.fills == len(made)


@given(fills(), st.data())
def test_any_row_that_is_missing_is_found(made: list[Move], data: st.DataObject) -> None:
    gone = made[data.draw(st.integers(0, len(made) - 1))]
    rest = [one for one in made if one is not gone]
    if rest:
        trades = written(rest, OLD).trades
        found = tax_check(trades, made, 2025)
        assert found.only_in_log == (gone,)
        assert (found.only_in_file, found.different) == ((), ())
        (extra,) = tax_check(written(made, OLD).trades, rest, 2025).only_in_file
        assert extra.move.fill == gone.fill
    # without ids those that are the same in all that is told cannot be told apart
    lost = [*tax_check(written(rest, NEW).trades, made, 2025).only_in_log] if rest else [gone]
    assert [(one.at, one.pair, one.side, one.quantity) for one in lost] == [
        (gone.at, gone.pair, gone.side, gone.quantity)
    ]
