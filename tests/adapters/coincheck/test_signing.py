"""Signatures as the exchange wants them, and keys that nobody gets to see."""

import pytest

from adapters.exchange.coincheck.signing import Credentials, signature
from application.errors import ConfigurationError

ORDER = b'{"pair":"btc_jpy","order_type":"market_buy","market_buy_amount":"10000"}'
EXAMPLE, SECRET = "example-secret", "the-secret"
HOST = "https://coincheck.com/api"


@pytest.mark.parametrize(
    ("nonce", "url", "body", "expected"),
    [
        (
            1760000000000,
            f"{HOST}/accounts/balance",
            b"",
            "31d3e67b842cab185b6f045a0600eabe4691d435e52510ee345cd2377dc432e5",
        ),
        (
            1760000000001,
            f"{HOST}/exchange/orders",
            ORDER,
            "51b7f592b055278929826b929b812471c90da3938c0b09098697c516588291ec",
        ),
        (
            1760000000002,
            f"{HOST}/exchange/orders/transactions_pagination?limit=25&order=desc",
            b"",
            "525bff3f87f8165674e550f879a691679282a22f157722570c37f244048e5b9a",
        ),
    ],
)
def test_signatures_are_those_of_the_vectors(
    nonce: int, url: str, body: bytes, expected: str
) -> None:
    assert signature(EXAMPLE, nonce, url, body) == expected
    headers = Credentials(key_id="k", secret=EXAMPLE).headers(nonce, url, body)
    assert headers["ACCESS-SIGNATURE"] == expected
    assert headers["ACCESS-NONCE"] == str(nonce)


def test_neither_part_of_a_key_is_shown() -> None:
    credentials = Credentials(key_id="the-key", secret=SECRET)
    assert "the-" not in f"{credentials!r} {credentials}"


@pytest.mark.parametrize("bad", ["", "secret\n", "se cret", "sécret", "a\x00b"])
@pytest.mark.parametrize("field", ["key_id", "secret"])
def test_a_damaged_key_is_named_without_being_shown(field: str, bad: str) -> None:
    parts = {"key_id": "fine", "secret": "fine"} | {field: bad}
    with pytest.raises(ConfigurationError, match=f"COINCHECK {field}") as raised:
        Credentials(**parts)
    assert not bad.strip() or bad not in str(raised.value)


def test_an_excerpt_is_redacted_before_it_is_cut_and_stays_on_one_line() -> None:
    credentials = Credentials(key_id="the-key", secret=SECRET)
    text = "x" * 195 + "the-secret\nthe-key\r\n" + "ab" * 32
    assert credentials.excerpt(text) == "x" * 195 + "*** *"
    assert credentials.excerpt("\ud800 <p>\u202e" + "ab" * 32) == "? <p> ***"
