"""arm, disarm, destroy: real money only when meant, and data that stays said to stay."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from application.errors import Broken, ConfigurationError, Refused
from entrypoints.deploy.arm_stack import arm, disarm
from entrypoints.deploy.coincheck_secret import missing_fields
from entrypoints.deploy.deploy_stack import deploy
from entrypoints.deploy.destroy_stack import destroy
from entrypoints.deploy.stack_state import find_stack
from entrypoints.wiring.settings import Live
from tests.entrypoints.deploy.account import (
    OWN,
    WEBHOOK,
    Account,
    Owner,
    account,
    make_secret,
    settings,
)
from tests.entrypoints.deploy.fake_client import refusal

asynchronous = pytest.mark.asyncio(loop_scope="function")
STACK = "eth-trading-dev"
EXECUTOR = f"{STACK}-order-executor"
GOOD = json.dumps({"key_id": "an-id-of-a-key", "secret": "a-secret-of-a-key"})


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Account]:
    with account(tmp_path) as found:
        yield found


async def deployed(cloud: Account, secret: str = GOOD) -> None:
    make_secret(cloud, secret)
    await deploy(cloud.asked(), cloud.aws, cloud.clock, Owner())


async def armed(cloud: Account, **options) -> Owner:
    owner = options.pop("owner", Owner())
    await arm(cloud.stage, settings(**options), cloud.aws, cloud.clock, owner)
    return owner


def mode(cloud: Account) -> str:
    return cloud.functions.variables[EXECUTOR]["TRADING_MODE"]


@asynchronous
async def test_armed_it_may_spend_what_was_said(cloud: Account) -> None:
    await deployed(cloud)
    owner = await armed(cloud)
    assert mode(cloud) == "live"
    assert "up to" in owner.told
    assert "6 coins" in owner.told
    assert owner.asked == [f"let {STACK} trade with real money?"]
    assert "an-id-of-a-key" not in owner.told
    assert "a-secret-of-a-key" not in owner.told


@asynchronous
async def test_what_it_may_spend_follows_from_what_the_function_is_told(cloud: Account) -> None:
    await deployed(cloud)
    variables = cloud.functions.variables[EXECUTOR]
    variables["STRATEGY_PARAMETERS"] = json.dumps({"max_position_jpy": 20_000})
    coin = {"binance": "ETHUSDT", "coincheck": "eth_jpy", "news": "ETH", "name": "Ethereum"}
    variables["TRADING_PAIRS_CONFIG"] = json.dumps({"eth_usdt": coin})
    owner = await armed(cloud, owner=Owner())
    assert "up to 20,000 JPY" in owner.told
    assert "1 coins" in owner.told


@asynchronous
async def test_arming_leaves_all_other_parameters_and_the_template(cloud: Account) -> None:
    await deployed(cloud)
    before = dict(cloud.formation.stack(STACK).parameters)
    template = cloud.formation.stack(STACK).template
    await armed(cloud)
    after = cloud.formation.stack(STACK)
    assert after.parameters == before | {"TradingMode": "live"}
    assert after.parameters["SlackWebhook"] == WEBHOOK
    assert after.template == template
    (asked,) = cloud.formation.called("update_stack")
    assert [one for one in asked["Parameters"] if "ParameterValue" in one] == [
        {"ParameterKey": "TradingMode", "ParameterValue": "live"}
    ]


@asynchronous
@pytest.mark.parametrize(
    "sentence", ["", "I understand", "i understand that real money can be lost"]
)
async def test_without_the_sentence_nothing_is_asked_of_aws(cloud: Account, sentence: str) -> None:
    await deployed(cloud)
    before = len(cloud.formation.calls)
    with pytest.raises(ConfigurationError, match=r"\[live\] confirm"):
        await armed(cloud, live=Live(confirm=sentence))
    assert len(cloud.formation.calls) == before


@asynchronous
async def test_a_no_leaves_it_in_dry_run(cloud: Account) -> None:
    await deployed(cloud)
    with pytest.raises(Refused, match="stays in dry run"):
        await armed(cloud, owner=Owner(yes=False))
    assert cloud.formation.called("update_stack") == []


@asynchronous
@pytest.mark.parametrize(
    "secret",
    [
        "not JSON: hunter2",
        '["hunter2"]',
        '{"key_id": "hunter2"}',
        '{"key_id": "hunter2", "secret": "  "}',
        '{"key_id": "hunter2", "secret": 5}',
    ],
)
async def test_a_key_that_is_not_whole_is_refused_and_not_repeated(
    cloud: Account, secret: str
) -> None:
    await deployed(cloud, secret)
    owner = Owner()
    with pytest.raises(Refused, match="arm: not begun"):
        await armed(cloud, owner=owner)
    assert "ERROR   Coincheck key" in owner.told
    assert "hunter2" not in owner.told
    assert mode(cloud) == "dry_run"


def test_fields_that_are_missing_are_named() -> None:
    assert missing_fields(GOOD) == ()
    assert missing_fields('{"secret": "x"}') == ("key_id",)
    assert missing_fields("") == ("key_id", "secret")


@asynchronous
async def test_without_a_key_it_says_how_to_make_one(cloud: Account) -> None:
    await deploy(cloud.asked(), cloud.aws, cloud.clock, Owner())
    owner = Owner()
    with pytest.raises(Refused):
        await armed(cloud, owner=owner)
    assert "create-secret --name eth-trading-dev-coincheck" in owner.told


@asynchronous
async def test_what_is_not_deployed_cannot_be_armed(cloud: Account) -> None:
    with pytest.raises(Refused, match="crypto-trader deploy --stage dev"):
        await armed(cloud)
    with pytest.raises(Refused, match="crypto-trader deploy --stage dev"):
        await disarm(cloud.stage, cloud.aws, cloud.clock, Owner())


@asynchronous
async def test_armed_twice_is_armed_once(cloud: Account) -> None:
    await deployed(cloud)
    await armed(cloud)
    owner = await armed(cloud)
    assert "armed already" in owner.told
    assert len(cloud.formation.called("update_stack")) == 1


@asynchronous
async def test_an_update_that_fails_leaves_it_in_dry_run_and_says_why(cloud: Account) -> None:
    await deployed(cloud)
    cloud.formation.broken = {"Executor": "Rate exceeded"}
    with pytest.raises(Refused, match=r"UPDATE_ROLLBACK_COMPLETE. Executor .* Rate exceeded"):
        await armed(cloud)
    assert mode(cloud) == "dry_run"


@asynchronous
async def test_arming_is_believed_only_when_the_function_has_it(cloud: Account) -> None:
    await deployed(cloud)
    cloud.formation._applied = lambda _: None
    with pytest.raises(Broken, match="TRADING_MODE = dry_run, not live"):
        await armed(cloud)


@asynchronous
async def test_disarmed_it_sends_nothing_and_says_what_stays(cloud: Account) -> None:
    await deployed(cloud)
    await armed(cloud)
    owner = Owner(yes=False)
    await disarm(cloud.stage, cloud.aws, cloud.clock, owner)
    assert mode(cloud) == "dry_run"
    assert owner.asked == []
    assert "without stop-loss" in owner.told
    await disarm(cloud.stage, cloud.aws, cloud.clock, owner)
    assert "in dry run already" in owner.told


@asynchronous
async def test_a_function_armed_by_hand_is_not_called_disarmed(cloud: Account) -> None:
    await deployed(cloud)
    cloud.functions.variables[EXECUTOR]["TRADING_MODE"] = "live"
    with pytest.raises(Broken, match="TRADING_MODE = live, not dry_run"):
        await disarm(cloud.stage, cloud.aws, cloud.clock, Owner())


@asynchronous
async def test_a_busy_stack_cannot_be_disarmed_and_the_way_round_is_said(cloud: Account) -> None:
    await deployed(cloud)
    await armed(cloud)
    cloud.formation.stack(STACK).status = "UPDATE_IN_PROGRESS"
    with pytest.raises(Refused, match=f"put-function-concurrency --function-name {EXECUTOR}"):
        await disarm(cloud.stage, cloud.aws, cloud.clock, Owner())


@asynchronous
async def test_a_disarming_that_fails_says_the_way_round(cloud: Account) -> None:
    await deployed(cloud)
    await armed(cloud)
    cloud.formation.failing["update_stack"] = refusal("UpdateStack", "AccessDenied", "no", 403)
    owner = Owner()
    with pytest.raises(Refused, match="permission"):
        await disarm(cloud.stage, cloud.aws, cloud.clock, owner)
    assert "NOT disarmed" in owner.told
    assert "put-function-concurrency" in owner.told


@asynchronous
async def test_destroyed_it_keeps_its_data_and_says_which(cloud: Account) -> None:
    await deployed(cloud)
    owner = Owner(typed=STACK)
    await destroy(cloud.stage, cloud.aws, cloud.clock, owner)
    ((_, rows),) = owner.tables
    assert ["stays", "DynamoDB::Table", f"{STACK}-positions"] in rows
    assert ["stays", "S3::Bucket", f"{STACK}-reports-123456789012"] in rows
    assert ["goes", "Lambda::Function", "2 of them"] in rows
    assert find_stack(cloud.aws, cloud.formation.stacks[-1].identity).status == "DELETE_COMPLETE"
    assert f"bucket {OWN} deleted, with 2 packages" in owner.told
    assert cloud.aws.client("s3").list_buckets()["Buckets"] == []


@asynchronous
@pytest.mark.parametrize("typed", ["", "dev", "yes", "eth-trading"])
async def test_another_name_deletes_nothing(cloud: Account, typed: str) -> None:
    await deployed(cloud)
    with pytest.raises(Refused, match="nothing was deleted"):
        await destroy(cloud.stage, cloud.aws, cloud.clock, Owner(typed=typed))
    assert cloud.formation.called("delete_stack") == []
    assert len(cloud.aws.client("s3").list_buckets()["Buckets"]) == 1


@asynchronous
async def test_destroying_what_is_armed_says_that_nothing_watches_the_coins(
    cloud: Account,
) -> None:
    await deployed(cloud)
    await armed(cloud)
    owner = Owner(typed=STACK)
    await destroy(cloud.stage, cloud.aws, cloud.clock, owner)
    assert "nothing watches them" in owner.told


@asynchronous
async def test_a_protected_stack_is_not_deleted(cloud: Account) -> None:
    await deployed(cloud)
    cloud.formation.stack(STACK).protected = True
    with pytest.raises(Refused, match="no-enable-termination-protection"):
        await destroy(cloud.stage, cloud.aws, cloud.clock, Owner(typed=STACK))


@asynchronous
async def test_a_deletion_that_fails_names_what_failed(cloud: Account) -> None:
    await deployed(cloud)
    cloud.formation.broken = {"Queue": "AccessDenied"}
    with pytest.raises(Refused, match=r"DELETE_FAILED. Queue \(SQS::Queue\) failed first: Access"):
        await destroy(cloud.stage, cloud.aws, cloud.clock, Owner(typed=STACK))
    assert len(cloud.aws.client("s3").list_buckets()["Buckets"]) == 1


@asynchronous
async def test_a_failed_stack_can_be_cleared_away_and_deployed_again(cloud: Account) -> None:
    make_secret(cloud, GOOD)
    cloud.formation.broken = {"Queue": "no"}
    with pytest.raises(Refused):
        await deploy(cloud.asked(), cloud.aws, cloud.clock, Owner())
    cloud.formation.broken = {}
    await destroy(cloud.stage, cloud.aws, cloud.clock, Owner(typed=STACK))
    await deploy(cloud.asked(), cloud.aws, cloud.clock, Owner())
    assert find_stack(cloud.aws, STACK).status == "CREATE_COMPLETE"


@asynchronous
async def test_destroying_nothing_says_so(cloud: Account) -> None:
    owner = Owner()
    await destroy(cloud.stage, cloud.aws, cloud.clock, owner)
    assert f"there is no stack {STACK}" in owner.told
    assert owner.asked == []
