"""crypto-trader fake-coincheck as a process."""

import json
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from adapters.exchange.coincheck_fake.auth import signature
from entrypoints.cli import fake_coincheck

SRC = Path(fake_coincheck.__file__).parents[2]
RUN = "import sys; from entrypoints.cli.fake_coincheck import command; sys.exit(command())"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_url_serves_and_leaves_its_ledger(tmp_path: Path, stop: int) -> None:
    state = tmp_path / "state.json"
    options = ["--cash", "50000", "--price", "BTC=2000000", "--still", "--state", str(state)]
    with subprocess.Popen(
        [sys.executable, "-c", RUN, *options, "--key", "k", "--secret", "s"],
        env={"PYTHONPATH": str(SRC)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/api/ticker").json()["last"] == 2_000_000
        path = "/api/exchange/orders"
        body = b'{"pair":"btc_jpy","order_type":"market_buy","market_buy_amount":"6000"}'
        headers = {
            "ACCESS-KEY": "k",
            "ACCESS-NONCE": "5",
            "ACCESS-SIGNATURE": signature("s", "5", url + path, body),
            "Content-Type": "application/json",
        }
        assert httpx.post(url + path, content=body, headers=headers).json()["success"]
        process.send_signal(stop)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest, errors) == (0, "", "")
    told = json.loads(state.read_text(encoding="utf-8"))
    (order,) = told["orders"]
    assert (order["nonce"], order["size"]) == (5, "6000.0")
    jpy = told["balances"]["jpy"]
    moved = sum(Decimal(one["jpy"]) for one in told["fills"])
    assert Decimal(jpy["free"]) + Decimal(jpy["reserved"]) == 50_000 + moved


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--price", "LUNA=1"], "unknown coin"),
        (["--price", "BTC=-1"], "no price"),
        (["--price", "BTC"], "no price"),
        (["--faults", "flood=1"], "no fault"),
        (["--faults", "throttled=2"], "0 to 1"),
        (["--faults", "throttled"], "0 to 1"),
        (["--faults", "throttled=nan"], "0 to 1"),
    ],
)
def test_wrong_options_are_told(options: list[str], said: str) -> None:
    result = CliRunner().invoke(fake_coincheck.command, options)
    assert result.exit_code == 2
    assert said in result.output
