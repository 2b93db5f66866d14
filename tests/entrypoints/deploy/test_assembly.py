"""What a folder of templates must hold, and what is changed in a template before it is sent."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.errors import InputError
from domain.instruments import DEFAULT
from entrypoints.deploy.asset_bucket import AssetBucket
from entrypoints.deploy.clients import Aws
from entrypoints.deploy.cloud_assembly import read_assembly
from entrypoints.deploy.options import pairs_in
from entrypoints.deploy.publish import zip_folder
from entrypoints.deploy.template_checks import check_code, check_coins, check_region
from entrypoints.deploy.template_edits import edited
from entrypoints.doctor.findings import Level
from entrypoints.stage import stage_of
from tests.entrypoints.deploy.account import ACCOUNT, BOOTSTRAP, synthesized, template

DEV = stage_of("dev")
OWN = AssetBucket("own", exists=True, is_own=True)


def test_a_stage_gives_its_names() -> None:
    assert (stage_of("prod").prefix, stage_of("prod").stack) == (
        "eth-trading-",
        "eth-trading",
    )
    assert (DEV.prefix, DEV.stack) == ("eth-trading-dev-", "eth-trading-dev")
    assert DEV.command("arm") == "crypto-trader arm --stage dev"
    assert stage_of("prod").command("arm") == "crypto-trader arm"


@pytest.mark.parametrize("name", ["", "Dev", "dev-2", "2dev", "dev stage", "a" * 16])
def test_a_stage_with_another_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="small letters and digits"):
        stage_of(name)


def test_the_stack_of_the_stage_is_taken_and_its_template_is_no_package(tmp_path: Path) -> None:
    synthesized(tmp_path, template(), "eth-trading")
    found = read_assembly(synthesized(tmp_path, template()), DEV)
    assert found.stack == "eth-trading-dev"
    assert [(one.key, one.is_folder) for one in found.assets] == [("abc.zip", True)]
    assert found.bucket == BOOTSTRAP


def test_the_stack_is_found_under_the_name_that_the_manifest_gives(tmp_path: Path) -> None:
    synthesized(tmp_path, template(), "Other")
    properties = {"templateFile": "Other.template.json", "stackName": "eth-trading-dev"}
    artifact = {"type": "aws:cloudformation:stack", "properties": properties}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"Other": artifact}}))
    assert read_assembly(tmp_path, DEV).template == template()


@pytest.mark.parametrize(
    ("breaking", "words"),
    [
        (
            lambda f: (f / "asset.abc" / "handler.py").unlink() or (f / "asset.abc").rmdir(),
            "not there",
        ),
        (lambda f: (f / "eth-trading-dev.template.json").write_text("{"), "is not JSON"),
        (lambda f: (f / "eth-trading-dev.template.json").write_text("[]"), "not a JSON object"),
        (lambda f: (f / "eth-trading-dev.template.json").write_text("{}"), "no Resources"),
        (lambda f: (f / "eth-trading-dev.template.json").unlink(), "has no stack at all"),
        (
            lambda f: (f / "eth-trading-dev.assets.json").write_text('{"files": {"x": {}}}'),
            "file x lacks 'source'",
        ),
        (
            lambda f: (f / "eth-trading-dev.assets.json").write_text('{"dockerImages": {"x": 1}}'),
            "container images",
        ),
    ],
)
def test_a_folder_that_is_not_whole_says_what_to_do(tmp_path: Path, breaking, words: str) -> None:
    breaking(synthesized(tmp_path, template()))
    with pytest.raises(InputError, match=words):
        read_assembly(tmp_path, DEV)


def test_a_folder_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such folder; .*python infra/app.py"):
        read_assembly(tmp_path / "none", DEV)


def _properties(name: object, policy: str = "Retain") -> object:
    content = {
        "Resources": {
            "B": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": policy,
                "Properties": {"BucketName": name},
            }
        }
    }
    text = edited(content, OWN, None, ACCOUNT, "eu-west-1")
    return json.loads(text)["Resources"]["B"]["Properties"]["BucketName"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ({"Fn::Sub": "a-${AWS::AccountId}-${AWS::Region}"}, f"a-{ACCOUNT}-eu-west-1"),
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::AccountId"}]]}, f"a-{ACCOUNT}"),
        ({"Fn::Join": ["", ["a-", {"Fn::Sub": "${AWS::Region}"}]]}, "a-eu-west-1"),
        ("a", "a"),
        ({"Fn::Sub": "a-${Other}"}, {"Fn::Sub": "a-${Other}"}),
        ({"Ref": "Other"}, {"Ref": "Other"}),
        ({"Fn::Join": ["", ["a", {"Ref": "Other"}]]}, {"Fn::Join": ["", ["a", {"Ref": "Other"}]]}),
    ],
)
def test_names_of_retained_data_become_plain_where_they_can(name: object, plain: object) -> None:
    assert _properties(name) == plain


def test_other_names_stay_as_they_are() -> None:
    name = {"Fn::Sub": "a-${AWS::AccountId}"}
    assert _properties(name, "Delete") == name


def test_the_template_given_is_not_touched() -> None:
    content = template()
    edited(content, OWN, BOOTSTRAP, ACCOUNT, "eu-west-1")
    assert content == template()


def test_the_same_content_is_the_same_zip_whenever_it_was_written(tmp_path: Path) -> None:
    zips = []
    for moment in (1_500_000_000, 1_600_000_000):
        folder = tmp_path / str(moment)
        (folder / "sub").mkdir(parents=True)
        for name in ("b.py", "a.py", "sub/c.py"):
            (folder / name).write_text(name)
        (folder / "bootstrap").write_text("#!/bin/sh\n")
        (folder / "bootstrap").chmod(0o755)
        import os

        os.utime(folder / "a.py", (moment, moment))
        packed = io.BytesIO()
        zip_folder(folder, packed)
        zips.append(packed.getvalue())
    assert zips[0] == zips[1]
    with zipfile.ZipFile(io.BytesIO(zips[0])) as packed:
        assert packed.namelist() == ["a.py", "b.py", "bootstrap", "sub/c.py"]
        assert packed.getinfo("bootstrap").external_attr >> 16 == 0o100755
        assert packed.getinfo("a.py").external_attr >> 16 == 0o100644


def test_parameters_are_names_and_values() -> None:
    assert pairs_in(["A=b=c", "D="]) == {"A": "b=c", "D": ""}
    with pytest.raises(InputError, match="NAME=VALUE"):
        pairs_in(["A"])


@given(st.sampled_from(["SlackWebhook", "CryptoPanicKey", "GitHubToken"]), st.text())
def test_a_key_on_the_command_line_is_refused_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(InputError) as said:
        pairs_in([f"{name}={value}"])
    assert str(said.value) == (
        f"--parameter {name}: a key has no place on a command line; "
        "set it in the configuration or the environment"
    )


def test_a_template_of_another_region_is_an_error(tmp_path: Path) -> None:
    synthesized(tmp_path, template())
    properties = {"templateFile": "eth-trading-dev.template.json"}
    for region, level in (
        ("eu-west-1", Level.ERROR),
        ("ap-northeast-1", Level.OK),
        ("unknown-region", Level.OK),
    ):
        artifact = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://unknown-account/{region}",
            "properties": properties,
        }
        manifest = {"artifacts": {"eth-trading-dev": artifact}}
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        found = check_region(Aws("ap-northeast-1"), read_assembly(tmp_path, DEV))
        assert found.level is level, region


def test_functions_without_a_package_are_an_error() -> None:
    content = template()
    assert check_code(content).level is Level.OK
    content["Resources"]["WarmUp"]["Properties"]["Code"] = {"ZipFile": "pass"}
    found = check_code(content)
    assert found.level is Level.ERROR
    assert found.text == "1 of 2 have no package: eth-trading-dev-warm-up ..."


def test_other_coins_than_the_configured_ones_are_a_warning() -> None:
    content = template()
    six = DEFAULT.pairs
    assert check_coins(content, DEV, six).level is Level.OK
    assert check_coins(content, DEV, six[:2]).level is Level.WARNING
    coin = {"binance": "ADAUSDT", "coincheck": "ada_jpy", "news": "ADA", "name": "Cardano"}
    collector = {
        "FunctionName": "eth-trading-dev-price-collector",
        "Environment": {"Variables": {"TRADING_PAIRS_CONFIG": json.dumps({"ada_usdt": coin})}},
    }
    content["Resources"]["C"] = {"Type": "AWS::Lambda::Function", "Properties": collector}
    assert check_coins(content, DEV, ("ada_usdt",)).level is Level.OK
    collector["Environment"]["Variables"]["TRADING_PAIRS_CONFIG"] = "{"
    assert check_coins(content, DEV, six).level is Level.ERROR
