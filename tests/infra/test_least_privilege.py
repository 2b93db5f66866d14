"""What each function may do, against the reviewed list beside this file.

python -m tests.infra.test_least_privilege > tests/infra/least_privilege.txt    after review
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.infra.given import every, template, text

REVIEWED = Path(__file__).with_name("least_privilege.txt")
UNAVOIDABLE = "logs:CreateLogDelivery"
"""Actions of this statement know no resource; the service demands them of a machine that logs."""


def granted(**of: object) -> list[str]:
    """One line for each role, action and resource."""
    lines = []
    for name, role in every(template(**of), "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for one in policy["PolicyDocument"]["Statement"]:
                assert one["Effect"] == "Allow"
                actions = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
                resources = (
                    one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]]
                )
                lines += [
                    f"{name.removesuffix('Role'):16} {action:32} {_short(text(resource))}"
                    for action in actions
                    for resource in resources
                ]
    return sorted(lines)


def _short(arn: str) -> str:
    return arn.replace("arn:{Partition}:", "").replace("ap-northeast-1:{AccountId}:", "")


def test_every_grant_is_on_the_reviewed_list_and_every_line_of_it_is_granted() -> None:
    reviewed = REVIEWED.read_text(encoding="utf-8").splitlines()
    assert granted(endpoint="eth-trading-chronos-base") == [one.rstrip() for one in reviewed]


def test_nothing_is_open_that_need_not_be() -> None:
    for line in granted(endpoint="e", with_endpoint=True):
        _, action, resource = line.split(maxsplit=2)
        assert "*" not in action
        if resource == "*":
            assert action.startswith(("logs:", "ecr:")), line
        elif "*" in resource:
            assert resource.endswith(("/*", ":*")), line


def test_only_order_executor_reads_the_key_and_it_alone_takes_orders_off_the_queue() -> None:
    lines = [line.split() for line in granted()]
    assert {who for who, action, _ in lines if action.startswith("secretsmanager:")} == {
        "OrderExecutor"
    }
    assert {who for who, action, _ in lines if action == "sqs:ReceiveMessage"} == {"OrderExecutor"}


def test_the_flow_is_that_of_the_reactions() -> None:
    """AnalysisTriggered starts analyses, OrderRequested goes on the queue; nobody else sends."""
    lines = [line.split() for line in granted()]
    assert {who for who, action, _ in lines if action == "states:StartExecution"} == {
        "PriceCollector"
    }
    senders = {
        who for who, action, to in lines if action == "sqs:SendMessage" and "OrderQueue" in to
    }
    assert senders == {"Aggregator", "PositionMonitor"}
    invoked = {
        who: {to for one, action, to in lines if one == who and action == "lambda:InvokeFunction"}
        for who in ("Analysis", "Scheduler")
    }
    assert invoked["Analysis"] == {
        "{Technical.Arn}", "{ChronosCaller.Arn}", "{SentimentGetter.Arn}", "{Aggregator.Arn}",
    }  # fmt: skip
    assert invoked["Scheduler"] == {
        "{PriceCollector.Arn}", "{PositionMonitor.Arn}", "{NewsCollector.Arn}",
        "{MarketContext.Arn}", "{DailyReporter.Arn}",
    }  # fmt: skip


def test_nobody_deletes_or_changes_what_stands_on_the_log() -> None:
    for line in granted():
        _, action, resource = line.split(maxsplit=2)
        if resource.endswith("table/eth-trading-events"):
            assert action in {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}


if __name__ == "__main__":
    print("\n".join(granted(endpoint="eth-trading-chronos-base")))
