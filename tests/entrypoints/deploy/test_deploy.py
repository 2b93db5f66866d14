"""deploy: checks before changes, what will change said, the first failure named, safe to repeat."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from moto.core import DEFAULT_ACCOUNT_ID

from adapters.aws_calls import aws_client
from application.errors import InputError, OutsideError, Refused
from entrypoints.deploy.deploy_stack import deploy
from entrypoints.deploy.destroy_stack import destroy
from entrypoints.deploy.monthly_cost import cost_line
from entrypoints.deploy.serverless_quota import check_quota
from entrypoints.deploy.stack_state import find_stack, hindrance
from entrypoints.doctor.findings import Level
from entrypoints.wiring.settings import News, Slack
from tests.entrypoints.deploy.account import (
    ACCOUNT,
    BOOTSTRAP,
    KEY,
    OWN,
    WEBHOOK,
    Account,
    Owner,
    account,
    make_secret,
    settings,
    template,
)
from tests.entrypoints.deploy.fake_client import refusal

asynchronous = pytest.mark.asyncio(loop_scope="function")
STACK = "eth-trading-dev"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Account]:
    with account(tmp_path) as found:
        make_secret(found, json.dumps({"key_id": "a", "secret": "b"}))
        yield found


async def deployed(cloud: Account, content: dict | None = None, **options) -> Owner:
    """Deploy with an owner who says yes."""
    owner = Owner()
    await deploy(cloud.asked(content, **options), cloud.aws, cloud.clock, owner)
    return owner


def status(cloud: Account) -> str:
    found = find_stack(cloud.aws, STACK)
    return "none" if found is None else found.status


@asynchronous
async def test_a_first_deployment_ends_in_dry_run_and_says_what_is_next(cloud: Account) -> None:
    owner = await deployed(cloud)
    assert status(cloud) == "CREATE_COMPLETE"
    assert cloud.functions.variables[f"{STACK}-order-executor"]["TRADING_MODE"] == "dry_run"
    assert "6000 candles stored" in owner.told
    assert "`crypto-trader arm --stage dev`" in owner.told
    assert "e-mail" in owner.told
    assert "crypto-trader doctor" in owner.told


@asynchronous
async def test_the_change_set_is_shown_with_all_its_pages_before_the_question(
    cloud: Account,
) -> None:
    owner = await deployed(cloud)
    ((_, rows),) = owner.tables
    assert [row[:2] for row in rows] == [
        ["added", "1 DynamoDB::Table"],
        ["added", "2 Lambda::Function"],
        ["added", "1 S3::Bucket"],
        ["added", "1 SQS::Queue"],
    ]
    assert owner.asked == [f"change {STACK} in ap-northeast-1, account {ACCOUNT}?"]


@asynchronous
async def test_keys_reach_cloudformation_and_nothing_that_is_said(cloud: Account) -> None:
    owner = await deployed(cloud)
    (asked,) = cloud.formation.called("create_change_set")
    sent = {one["ParameterKey"]: one.get("ParameterValue") for one in asked["Parameters"]}
    assert sent == {
        "SlackWebhook": WEBHOOK,
        "CryptoPanicKey": KEY,
        "TradingMode": "dry_run",
    }
    assert KEY not in owner.told
    assert WEBHOOK not in owner.told
    packages = cloud.aws.client("s3").list_objects_v2(Bucket=OWN)["Contents"]
    for one in packages:
        body = cloud.aws.client("s3").get_object(Bucket=OWN, Key=one["Key"])["Body"].read()
        assert KEY.encode() not in body
        assert WEBHOOK.encode() not in body


@asynchronous
async def test_repeated_it_changes_nothing_and_uploads_nothing(cloud: Account) -> None:
    await deployed(cloud)
    owner = await deployed(cloud)
    assert f"{STACK}: nothing to change" in owner.told
    assert "0 packages uploaded, 1 were there already" in owner.told
    assert owner.asked == []
    assert cloud.formation.change_sets == {}
    assert status(cloud) == "CREATE_COMPLETE"


@asynchronous
async def test_an_armed_stage_stays_armed_and_says_so(cloud: Account) -> None:
    await deployed(cloud)
    cloud.formation.stack(STACK).parameters["TradingMode"] = "live"
    content = template()
    content["Resources"]["Queue"]["Properties"]["VisibilityTimeout"] = 180
    owner = await deployed(cloud, content)
    assert cloud.formation.stack(STACK).parameters["TradingMode"] == "live"
    assert f"{STACK} is UPDATE_COMPLETE" not in owner.told  # it was looked at before
    assert "ARMED: real orders" in owner.told
    assert "is ARMED, as it was" in owner.told


@asynchronous
async def test_without_a_bootstrap_the_packages_lie_in_a_closed_bucket_of_the_stage(
    cloud: Account,
) -> None:
    owner = await deployed(cloud)
    s3 = cloud.aws.client("s3")
    assert f"bucket {OWN} will be made" in owner.told
    closed = s3.get_public_access_block(Bucket=OWN)["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}
    assert "aws:SecureTransport" in cloud.policies[OWN]
    sent = cloud.formation.stack(STACK).template
    assert sent["Resources"]["Executor"]["Properties"]["Code"]["S3Bucket"] == {"Fn::Sub": OWN}
    assert "BootstrapVersion" not in sent["Parameters"]
    assert "Rules" not in sent


@asynchronous
async def test_a_bootstrapped_account_keeps_its_bucket_and_its_check(cloud: Account) -> None:
    named = f"cdk-hnb659fds-assets-{ACCOUNT}-ap-northeast-1"
    place = {"LocationConstraint": "ap-northeast-1"}
    cloud.aws.client("s3").create_bucket(Bucket=named, CreateBucketConfiguration=place)
    owner = await deployed(cloud)
    sent = cloud.formation.stack(STACK).template
    assert f"bucket {named}, of the account's CDK bootstrap" in owner.told
    assert sent["Resources"]["Executor"]["Properties"]["Code"]["S3Bucket"] == {"Fn::Sub": BOOTSTRAP}
    assert "BootstrapVersion" in sent["Parameters"]
    names = [one["Name"] for one in cloud.aws.client("s3").list_buckets()["Buckets"]]
    assert names == [named]


@asynchronous
async def test_a_bucket_in_another_region_is_refused(cloud: Account) -> None:
    place = {"LocationConstraint": "eu-west-1"}
    there = aws_client("s3", region="eu-west-1")
    there.create_bucket(Bucket=OWN, CreateBucketConfiguration=place)
    with pytest.raises(Refused, match=r"lies in eu-west-1.*--region eu-west-1"):
        await deployed(cloud)


@asynchronous
async def test_tables_that_an_earlier_stack_left_are_adopted(cloud: Account) -> None:
    cloud.formation.left = {f"{STACK}-positions", f"{STACK}-reports-{ACCOUNT}"}
    owner = await deployed(cloud)
    assert cloud.formation.called("create_change_set")[0]["ImportExistingResources"]
    (_, rows) = owner.tables[0]
    assert [row[:2] for row in rows[:2]] == [
        ["adopted", "1 DynamoDB::Table"],
        ["adopted", "1 S3::Bucket"],
    ]


@asynchronous
async def test_a_no_leaves_nothing_behind(cloud: Account) -> None:
    owner = Owner(yes=False)
    with pytest.raises(Refused, match="not agreed to, and nothing was changed"):
        await deploy(cloud.asked(), cloud.aws, cloud.clock, owner)
    assert status(cloud) == "none"
    assert cloud.formation.change_sets == {}
    assert cloud.formation.called("execute_change_set") == []


@asynchronous
@pytest.mark.parametrize("replacement", ["True", "Conditional"])
async def test_a_replaced_table_is_refused_unless_it_is_meant(
    cloud: Account, replacement: str
) -> None:
    await deployed(cloud)
    content = template()
    content["Resources"]["Positions"]["Properties"]["KeySchema"][0]["AttributeName"] = "other"
    cloud.formation.replacing = {"Positions": replacement}
    with pytest.raises(Refused, match=r"dev-positions \((may be )?replaced\).*--yes-replace"):
        await deployed(cloud, content)
    assert cloud.formation.change_sets == {}
    assert cloud.formation.stack(STACK).status == "CREATE_COMPLETE"
    await deployed(cloud, content, may_replace=True)
    assert cloud.formation.stack(STACK).status == "UPDATE_COMPLETE"


@asynchronous
async def test_a_removed_table_is_refused_and_a_removed_queue_is_not(cloud: Account) -> None:
    await deployed(cloud)
    without_table, without_queue = template(), template()
    del without_table["Resources"]["Positions"]
    del without_queue["Resources"]["Queue"]
    with pytest.raises(Refused, match=r"dev-positions \(removed\)"):
        await deployed(cloud, without_table)
    owner = await deployed(cloud, without_queue)
    assert ["removed", "1 SQS::Queue", f"{STACK}-order-queue.fifo"] in owner.tables[0][1]


@asynchronous
async def test_what_only_the_old_template_retains_is_kept_too(cloud: Account) -> None:
    content = template()
    content["Resources"]["Queue"]["DeletionPolicy"] = "Retain"
    await deployed(cloud, content)
    without_queue = template()
    del without_queue["Resources"]["Queue"]
    with pytest.raises(Refused, match=r"order-queue.fifo \(removed\)"):
        await deployed(cloud, without_queue)


@asynchronous
async def test_a_failure_names_the_first_resource_and_its_reason(cloud: Account) -> None:
    cloud.formation.broken = {"Queue": "Invalid visibility timeout"}
    with pytest.raises(Refused) as said:
        await deployed(cloud)
    text = str(said.value)
    assert f"{STACK} is ROLLBACK_COMPLETE" in text
    assert "Queue (SQS::Queue) failed first: Invalid visibility timeout" in text
    assert "cancelled" not in text
    assert "`crypto-trader destroy --stage dev`" in text


@asynchronous
async def test_progress_is_said_resource_by_resource(cloud: Account) -> None:
    owner = await deployed(cloud)
    made = [line for line in owner.lines if "create complete" in line]
    assert len(made) == 6
    assert "    5 create complete: Lambda::Function WarmUp" in made
    assert made[-1] == f"  {STACK}: create complete"


@asynchronous
async def test_a_throttled_look_is_only_looked_at_again(cloud: Account) -> None:
    formation = cloud.formation
    whole = formation.op_describe_stack_events
    throttled = iter([False, True, True])

    def sometimes(**given):
        if next(throttled, False):
            raise refusal("DescribeStackEvents", "Throttling", "Rate exceeded")
        return whole(**given)

    formation.op_describe_stack_events = sometimes
    await deployed(cloud)
    assert status(cloud) == "CREATE_COMPLETE"


@asynchronous
async def test_a_stack_that_never_ends_is_not_waited_for_for_ever(cloud: Account) -> None:
    formation = cloud.formation

    def stuck(**given):
        return {"StackEvents": formation.stack(given["StackName"]).events}

    formation.op_describe_stack_events = stuck
    begun = cloud.clock.now()
    with pytest.raises(OutsideError, match="still CREATE_IN_PROGRESS after 60 minutes"):
        await deployed(cloud)
    assert cloud.clock.now() - begun < 61 * 60_000


@asynchronous
async def test_a_warm_up_that_fails_says_that_the_stack_is_deployed(cloud: Account) -> None:
    error = {"errorType": "Retryable", "errorMessage": "Binance: 451"}
    cloud.functions.answers[f"{STACK}-warm-up"] = ("Unhandled", error)
    with pytest.raises(Refused, match=r"is deployed, but .* Retryable: Binance: 451"):
        await deployed(cloud)
    assert status(cloud) == "CREATE_COMPLETE"


@asynchronous
async def test_without_keys_it_deploys_and_says_which_are_missing(cloud: Account) -> None:
    bare = settings(slack=Slack(), news=News())
    owner = await deployed(cloud, settings=bare)
    assert "warning keys: not configured: SlackWebhook, CryptoPanicKey" in owner.told
    await deployed(cloud)
    owner = await deployed(cloud, settings=bare)
    assert cloud.formation.stack(STACK).parameters["SlackWebhook"] == WEBHOOK
    assert "not configured" not in owner.told


@asynchronous
async def test_a_parameter_can_be_given_and_a_wrong_one_is_named(cloud: Account) -> None:
    await deployed(cloud, given={"AlertEmail": "me@example.org"})
    assert cloud.formation.stack(STACK).parameters["AlertEmail"] == "me@example.org"
    with pytest.raises(InputError, match="no parameter AlertMail"):
        await deployed(cloud, given={"AlertMail": "me@example.org"})


@asynchronous
async def test_deploying_never_arms_whatever_is_asked(cloud: Account) -> None:
    await deployed(cloud, given={"TradingMode": "live"})
    assert cloud.formation.stack(STACK).parameters["TradingMode"] == "dry_run"


@asynchronous
async def test_a_parameter_without_a_value_is_named(cloud: Account) -> None:
    content = template()
    content["Parameters"]["Novel"] = {"Type": "String"}
    with pytest.raises(InputError, match="parameter Novel has no value"):
        await deployed(cloud, content)


@asynchronous
@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("ROLLBACK_COMPLETE", "crypto-trader destroy --stage dev"),
        ("DELETE_FAILED", "crypto-trader destroy --stage dev"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name eth-trading-dev"),
        ("UPDATE_IN_PROGRESS", "wait until it ends"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "wait until it ends"),
    ],
)
async def test_a_stack_that_cannot_be_changed_is_said_before_anything_is(
    cloud: Account, state: str, words: str
) -> None:
    await deployed(cloud)
    cloud.formation.stack(STACK).status = state
    before = len(cloud.formation.called("create_change_set"))
    owner = Owner()
    with pytest.raises(Refused, match="not begun, and nothing was changed"):
        await deploy(cloud.asked(), cloud.aws, cloud.clock, owner)
    assert state in owner.told
    assert words in owner.told
    assert len(cloud.formation.called("create_change_set")) == before


@pytest.mark.parametrize(
    "state", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]
)
def test_a_stack_that_stands_still_hinders_nothing(cloud: Account, state: str) -> None:
    from tests.entrypoints.deploy.fake_cloudformation import FakeStack

    cloud.formation.stacks.append(FakeStack(STACK, 0, state))
    assert hindrance(find_stack(cloud.aws, STACK), cloud.stage) == ""


@asynchronous
async def test_an_abandoned_change_set_does_not_stand_in_the_way(cloud: Account) -> None:
    cloud.formation.failing["delete_stack"] = refusal("DeleteStack", "AccessDenied", "no", 403)
    with pytest.raises(Refused):
        await deploy(cloud.asked(), cloud.aws, cloud.clock, Owner(yes=False))
    cloud.formation.failing.clear()
    assert status(cloud) == "REVIEW_IN_PROGRESS"
    await deployed(cloud)
    assert status(cloud) == "CREATE_COMPLETE"


@asynchronous
async def test_bad_credentials_are_one_sentence_and_change_nothing(cloud: Account) -> None:
    cloud.formation.failing["describe_stacks"] = refusal(
        "DescribeStacks",
        "ExpiredToken",
        "The security token included in the request is expired",
        403,
    )
    with pytest.raises(Refused, match="wrong or have expired"):
        await deployed(cloud)
    assert cloud.aws.client("s3").list_buckets()["Buckets"] == []


@asynchronous
async def test_a_missing_coincheck_key_is_a_warning_with_how_to_make_it(cloud: Account) -> None:
    client = cloud.aws.client("secretsmanager")
    client.delete_secret(SecretId=f"{STACK}-coincheck", ForceDeleteWithoutRecovery=True)
    owner = await deployed(cloud)
    assert f"warning Coincheck key: there is no secret {STACK}-coincheck" in owner.told
    assert "create-secret --name eth-trading-dev-coincheck --secret-string file://" in owner.told


def _with_endpoint(concurrency: int) -> dict:
    variant = {"VariantName": "all", "ServerlessConfig": {"MaxConcurrency": concurrency}}
    content = template()
    content["Resources"]["Config"] = {
        "Type": "AWS::SageMaker::EndpointConfig",
        "Properties": {"ProductionVariants": [variant]},
    }
    content["Resources"]["Endpoint"] = {
        "Type": "AWS::SageMaker::Endpoint",
        "Properties": {"EndpointName": "eth-trading-chronos-base"},
    }
    return content


def _endpoint(cloud: Account, name: str, concurrency: int) -> None:
    sagemaker = cloud.aws.client("sagemaker")
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": concurrency}
    role = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/x"
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role)
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {"VariantName": "all", "ModelName": name, "ServerlessConfig": serverless}
        ],
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


def test_an_endpoint_has_to_fit_into_the_quota_beside_the_others(cloud: Account) -> None:
    _endpoint(cloud, "other", 3)
    _endpoint(cloud, "eth-trading-chronos-base", 8)
    own = "eth-trading-chronos-base"
    fits = check_quota(cloud.aws, _with_endpoint(7), own)
    assert (fits.level, fits.text) == (
        Level.OK,
        "7 for this stage, others: other 3; 10 of 10",
    )
    over = check_quota(cloud.aws, _with_endpoint(8), own)
    assert over.level is Level.ERROR
    assert "11 of 10" in over.text
    assert check_quota(cloud.aws, _with_endpoint(8), own, quota=11).level is Level.OK


@asynchronous
async def test_a_quota_that_is_exceeded_stops_the_deployment(cloud: Account) -> None:
    _endpoint(cloud, "other", 3)
    with pytest.raises(Refused, match="not begun"):
        await deployed(cloud, _with_endpoint(8))
    assert cloud.formation.called("create_change_set") == []
    assert cloud.aws.client("s3").list_buckets()["Buckets"] == []


@asynchronous
async def test_the_cost_is_said_before_the_question(cloud: Account) -> None:
    owner = await deployed(cloud, cost=lambda: "about 4.20 USD a month")
    assert "about 4.20 USD a month" in owner.lines


@click.command()
@click.option("--template")
@click.option("--json", "as_json", is_flag=True)
def costs(template: str, as_json: bool) -> int:
    """A cost command that knows three templates."""
    if template == "odd":
        raise InputError("odd holds something without a price")
    monthly = 4.2 if template == "cheap" else 12.0
    print(json.dumps({"monthly_usd": monthly}))
    return 0 if template == "cheap" else 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cheap", "about 4.20 USD a month on AWS at most; `crypto-trader cost` says how"),
        ("dear", "12.00 USD .* ABOVE the budget"),
        ("odd", r"`crypto-trader cost` .*could not be computed here \(odd holds"),
    ],
)
def test_the_cost_is_one_line_whatever_comes_of_it(name: str, words: str) -> None:
    assert re.search(words, cost_line(Path(name), lambda: costs))


def test_without_a_cost_model_it_says_how_to_ask() -> None:
    def absent() -> None:
        raise ModuleNotFoundError("entrypoints.cost")

    assert cost_line(Path("x"), absent) == "`crypto-trader cost` says what it costs a month"


@asynchronous
async def test_what_a_validation_only_points_to_is_spelled_out(cloud: Account) -> None:
    cloud.formation.objections = {"Reports": "a bucket of that name already exists"}
    with pytest.raises(Refused, match=r"does not take .* Reports: a bucket of that name"):
        await deployed(cloud)
    assert status(cloud) == "none"
    assert cloud.formation.change_sets == {}


@asynchronous
async def test_a_validation_after_the_yes_is_spelled_out_too(cloud: Account) -> None:
    cloud.formation.broken = {"Queue": "Validation failed with 1 error(s). Call DescribeEvents."}
    whole = cloud.formation.op_execute_change_set

    def execute(**given):
        whole(**given)
        cloud.formation.objections = {"Reports": "a bucket of that name already exists."}

    cloud.formation.op_execute_change_set = execute
    with pytest.raises(Refused, match=r"Reports \(S3::Bucket\) failed first: .* exists. It was"):
        await deployed(cloud)
    cloud.formation.objections = {}
    await destroy(cloud.stage, cloud.aws, cloud.clock, Owner(typed=STACK))
    cloud.formation.failing["describe_events"] = refusal("DescribeEvents", "AccessDenied", "no")
    with pytest.raises(Refused, match=r"Queue .* Call DescribeEvents"):
        await deployed(cloud)
