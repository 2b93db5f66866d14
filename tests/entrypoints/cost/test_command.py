"""The command: what it prints, when it fails, and the files that it reads."""

import json
from contextlib import chdir

import pytest
from click.testing import CliRunner

from application.errors import InputError
from application.market.collect_prices import CLOSES
from entrypoints.cli.cost import command
from entrypoints.cost.assumptions import load_assumptions
from entrypoints.cost.bill import SERVICES
from entrypoints.cost.known_durations import load_durations
from entrypoints.cost.price_table import load_prices
from tests.entrypoints.cost.template import NAMES, template


@pytest.fixture
def synthesized(tmp_path):
    path = tmp_path / "eth-trading.template.json"
    path.write_text(json.dumps(template()))
    return path


def cost(*options):
    return CliRunner().invoke(command, [str(one) for one in options], standalone_mode=False)


def told(*options):
    return json.loads(cost(*options, "--json").output)


def test_json_has_what_a_program_reads(synthesized):
    found = told("--template", synthesized)
    assert set(found["by_service"]) == set(SERVICES)
    total = sum(one["usd"] for one in found["by_service"].values())
    assert total == pytest.approx(found["monthly_usd"], abs=0.001)
    assert found["monthly_usd"] < found["monthly_usd_without_free_tier"]
    assert found["by_service"]["Lambda"]["owner_usd"] == 5.0
    assert len(found["scenarios"]) == 12
    assert found["assumptions"]["months_of_log"]["value"] == 12
    assert [one["owner_usd"] for one in found["totals"]] == [7.0, 206.0]
    assert found["totals"][1]["usd"] == pytest.approx(found["monthly_usd"] + 199)
    assert set(found["goals"]) == {
        "at most 5 USD with the free tier",
        "at most 10 USD without any",
    }


def test_the_status_is_1_above_the_budget(synthesized):
    usd = told("--template", synthesized)["monthly_usd"]
    assert cost("--template", synthesized, "--budget", usd + 0.01).return_value == 0
    over = cost("--template", synthesized, "--budget", usd - 0.01)
    assert over.return_value == 1
    assert "over the budget" in over.output


def test_the_bill_without_the_free_tier_can_be_judged(synthesized):
    usd = told("--template", synthesized)["monthly_usd"]
    budget = ["--budget", usd + 0.01]
    assert cost("--template", synthesized, *budget, "--without-free-tier").return_value == 1


def test_tables_show_the_owners_figures_and_every_service(synthesized):
    shown = cost("--template", synthesized).output
    for words in ("5.00", "0.35", "0.10", "0.55", "0.50", "0.05", "~206", "within the budget"):
        assert words in shown
    for service in SERVICES:
        assert service.partition("/")[0].partition(" ")[0] in shown


def test_measured_durations_take_the_place_of_assumed_ones(synthesized, tmp_path):
    measured = {name: {"mean_ms": 100} for name in NAMES}
    for name, text in (
        ("m.json", json.dumps(measured)),
        ("m.toml", "".join(f"[{one}]\nmean_ms = 100\n" for one in NAMES)),
    ):
        path = tmp_path / name
        path.write_text(text)
        found = told("--template", synthesized, "--durations", path)
        calls = sum(found["template"]["functions"].values())
        used = sum(one["units"] for one in found["lines"] if one["price"] == "lambda_arm64")
        assert calls * 0.1 * 0.25 < used < calls * 0.1 * 0.5
        assert found["durations"]["technical"]["how"] == "measured"
        assert found["durations"]["endpoint"]["how"].startswith("assumed")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("d.json", "{", "is not JSON"),
        ("d.toml", "x", "is not TOML"),
        ("d.json", '{"techical": {"mean_ms": 1}}', "'techical' is no function"),
        ("d.json", '{"technical": {"mean": 1}}', "mean_ms"),
        ("d.json", '{"technical": {"mean_ms": 0}}', "technical|mean_ms"),
        ("d.json", '{"technical": {"mean_ms": "1"}}', "Expected"),
    ],
)
def test_a_file_of_durations_that_is_wrong_names_the_place(tmp_path, name, text, words):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=words) as error:
        load_durations(path)
    assert str(path) in str(error.value)


def test_a_function_of_the_template_alone_may_have_a_duration(tmp_path):
    path = tmp_path / "d.json"
    path.write_text('{"Clean": {"mean_ms": 1}}')
    assert load_durations(path, ["Clean"]).seconds("Clean") == 0.001


def test_fewer_analyses_and_more_coins_can_be_asked_for(synthesized):
    found = told("--template", synthesized, "--analyses", 24, "--coins", 12)
    assert found["template"]["analyses_a_day"] == 24
    assert found["template"]["coins"] == 12
    assert any("12 coins" in one for one in found["cautions"])


def test_another_price_table_can_be_given(synthesized, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text('region = "x"\n[free]\n[price.secret]\nusd = 1\nunit = ""\n')
    with pytest.raises(InputError, match="date"):
        load_prices(path)
    path.write_text(
        'region = "x"\n[free]\n[price.secret]\nusd = 1\nunit = ""\ndate = ""\nsource = ""\n'
        'free = "gone"\n'
    )
    with pytest.raises(InputError, match=r"\[price.secret\] free = 'gone'"):
        load_prices(path)
    with pytest.raises(InputError, match=r"no \[price.x\]"):
        load_prices().of("x")


def test_without_a_template_it_says_how_to_make_one(tmp_path):
    with chdir(tmp_path):
        assert "make synth" in str(cost().exception)


def test_every_function_of_ours_has_a_duration():
    known = load_durations().by_name
    assert set(NAMES) <= set(known)


def test_every_price_says_where_it_is_from():
    prices = load_prices().price.values()
    assert all(one.unit and one.date and one.source for one in prices)
    uncertain = [one for one in prices if one.allowance != 1]
    assert uncertain
    assert not any(one.confirmed for one in uncertain)


def test_every_assumption_says_where_it_is_from():
    assert all(one.unit and one.source for one in load_assumptions().by_name.values())
    assert CLOSES == 13
