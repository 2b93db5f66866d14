"""A picture of the system on AWS, drawn from the synthesized template, in the owner's grouping.

python infra/flowchart.py writes docs/aws.md; a test holds it to the template.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from aws_cdk import App  # noqa: E402

from infra.app import build  # noqa: E402
from infra.functions import ROWS  # noqa: E402
from infra.stage import Stage  # noqa: E402

PAGE: Final = ROOT / "docs" / "aws.md"
READS: Final = frozenset({"GetItem", "Query", "Scan", "BatchGetItem"})
WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"})
OUTSIDE: Final = {
    "BINANCE_HOSTS": "Binance<br/>candles",
    "BINANCE_FUTURES_URL": "Binance Futures<br/>funding rates",
    "FEAR_GREED_URL": "alternative.me<br/>Fear & Greed",
    "COINGECKO_URL": "CoinGecko<br/>dominance of Bitcoin",
    "CRYPTOPANIC_URL": "CryptoPanic<br/>news",
    "COINCHECK_URL": "Coincheck<br/>prices and orders in yen",
    "SLACK_WEBHOOK_URL": "Slack",
}
"""Outside services by the variable that names their address."""

Resources = Mapping[str, Mapping[str, Any]]


class Chart:
    """Nodes by group, and arrows between them."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, str]] = {}
        self._arrows: dict[tuple[str, str, str], None] = {}

    def node(self, group: str, name: str, shape: str) -> None:
        """A box; `shape` holds its text between Mermaid's brackets."""
        self._groups.setdefault(group, {})[_id(name)] = shape

    def arrow(self, one: str, other: str, words: str = "") -> None:
        """From one box to another."""
        self._arrows[_id(one), _id(other), words] = None

    def lines(self) -> Iterator[str]:
        """Mermaid."""
        yield "flowchart LR"
        for number, (group, nodes) in enumerate(self._groups.items()):
            yield f'    subgraph G{number}["{group}"]'
            yield from (f"        {name}{shape}" for name, shape in nodes.items())
            yield "    end"
        for one, other, words in self._arrows:
            yield f"    {one} -->{f'|{words}|' if words else ''} {other}"


def chart(template: Mapping[str, Any], outside: Mapping[str, tuple[str, ...]]) -> str:
    """The picture; `outside` names each function's outside services, by variable."""
    found: Resources = template["Resources"]
    drawn = Chart()
    functions = {key: _short(of["FunctionName"]) for key, of in _all(found, "Lambda::Function")}
    for variable, words in OUTSIDE.items():
        drawn.node("Outside", variable, f'["{words}"]')
    _schedules(drawn, found, functions)
    for name in functions.values():
        drawn.node("Lambda, outside any VPC", name, f'["{name}"]')
    _analysis(drawn, found, functions)
    _messages(drawn, found, functions)
    _tables(drawn, found, functions)
    _buckets(drawn, found, functions)
    _watching(drawn, found, functions)
    for name in functions.values():
        for variable in outside.get(name, ()):
            drawn.arrow(name, variable)
    return "\n".join(drawn.lines())


def _schedules(drawn: Chart, found: Resources, functions: Mapping[str, str]) -> None:
    for key, of in _all(found, "Scheduler::Schedule"):
        when = f"{of['ScheduleExpression']} {of['ScheduleExpressionTimezone']}"
        drawn.node("EventBridge Scheduler", key, f'["{_short(of["Name"])}<br/>{when}"]')
        drawn.arrow(key, functions[of["Target"]["Arn"]["Fn::GetAtt"][0]])


def _analysis(drawn: Chart, found: Resources, functions: Mapping[str, str]) -> None:
    for key, of in _all(found, "StepFunctions::StateMachine"):
        machine, names = json.loads(of["DefinitionString"]), of["DefinitionSubstitutions"]
        group = f"Step Functions, {of['StateMachineType'].capitalize()}"
        drawn.node(group, key, f'["{_short(of["StateMachineName"])}"]')
        for function in functions.values():
            if f"stateMachine:{of['StateMachineName']}" in _granted(found, functions, function):
                drawn.arrow(function, key, "starts it")
        for words, place in _tasks(machine, ""):
            target = names[place.strip("${}")]["Fn::GetAtt"][0]
            drawn.arrow(key, functions[target], words)


def _tasks(node: Any, where: str) -> Iterator[tuple[str, str]]:
    """(words, resource) of all tasks, with whether they are called for each coin."""
    if isinstance(node, dict):
        if node.get("Type") == "Task":
            yield where, node["Resource"]
        inside = "each coin" if node.get("Type") == "Map" else where
        for value in node.values():
            yield from _tasks(value, inside)
    elif isinstance(node, list):
        for value in node:
            yield from _tasks(value, where)


def _messages(drawn: Chart, found: Resources, functions: Mapping[str, str]) -> None:
    group = "Messages"
    for key, of in _all(found, "SQS::Queue"):
        drawn.node(group, key, f'[["{_short(of["QueueName"])}"]]')
        if "RedrivePolicy" in of:
            policy = of["RedrivePolicy"]
            dead = policy["deadLetterTargetArn"]["Fn::GetAtt"][0]
            drawn.arrow(key, dead, f"{policy['maxReceiveCount']} times received")
    for _, of in _all(found, "Lambda::EventSourceMapping"):
        queue, function = of["EventSourceArn"]["Fn::GetAtt"][0], of["FunctionName"]["Ref"]
        drawn.arrow(queue, functions[function], "one by one")
    for function in functions.values():
        for one in _statements(found, functions, function):
            if "sqs:SendMessage" in one["Action"]:
                drawn.arrow(function, one["Resource"]["Fn::GetAtt"][0])
    for key, of in _all(found, "SNS::Topic"):
        drawn.node(group, key, f'{{{{"{_short(of["TopicName"])}"}}}}')
    for _, of in _all(found, "SNS::Subscription"):
        target = of["Endpoint"]
        if isinstance(target, dict) and "Fn::GetAtt" in target:
            drawn.arrow(of["TopicArn"]["Ref"], functions[target["Fn::GetAtt"][0]])


def _tables(drawn: Chart, found: Resources, functions: Mapping[str, str]) -> None:
    tables = {}
    for key, of in _all(found, "DynamoDB::Table"):
        name = tables[of["TableName"]] = _short(of["TableName"])
        keys = ", ".join(one["AttributeName"] for one in of["KeySchema"])
        ends = "<br/>TTL" if "TimeToLiveSpecification" in of else ""
        drawn.node("DynamoDB, paid by use", f"table {key}", f'[("{name}<br/>{keys}{ends}")]')
    ids = {of["TableName"]: key for key, of in _all(found, "DynamoDB::Table")}
    for function in functions.values():
        said: dict[str, set[str]] = {}
        for one in _statements(found, functions, function):
            text = json.dumps(one["Resource"])
            actions = {action.partition(":")[2] for action in one["Action"]}
            for table, key in ids.items():
                if f"table/{table}" in text and any("dynamodb:" in each for each in one["Action"]):
                    how = ("R" if actions & READS else "") + ("W" if actions & WRITES else "")
                    said.setdefault(key, set()).update(how)
        for key, how in said.items():
            drawn.arrow(function, f"table {key}", "/".join(sorted(how)))


def _buckets(drawn: Chart, found: Resources, functions: Mapping[str, str]) -> None:
    for key, of in _all(found, "S3::Bucket"):
        name = of["BucketName"]["Fn::Join"][1][0]
        drawn.node("S3", f"bucket {key}", f'["{_short(name)}"]')
        for function in functions.values():
            if f'"{name}"' in _granted(found, functions, function):
                drawn.arrow(function, f"bucket {key}")


def _watching(drawn: Chart, found: Resources, functions: Mapping[str, str]) -> None:
    group = "Watching"
    alarms = [of for _, of in _all(found, "CloudWatch::Alarm")]
    drawn.node(group, "alarms", f'["{len(alarms)} alarms"]')
    for topic in dict.fromkeys(one["Ref"] for of in alarms for one in of["AlarmActions"]):
        drawn.arrow("alarms", topic)
    filters = [of for _, of in _all(found, "Logs::SubscriptionFilter")]
    drawn.node(group, "filters", f'["{len(filters)} log filters<br/>of error lines"]')
    for target in dict.fromkeys(of["DestinationArn"]["Fn::GetAtt"][0] for of in filters):
        drawn.arrow("filters", functions[target])


def _all(found: Resources, kind: str) -> list[tuple[str, Any]]:
    return [
        (key, one.get("Properties", {}))
        for key, one in found.items()
        if one["Type"] == f"AWS::{kind}"
    ]


def _statements(found: Resources, functions: Mapping[str, str], name: str) -> list[Any]:
    """What a function's role allows."""
    key = next(key for key, short in functions.items() if short == name)
    role = found[key]["Properties"]["Role"]["Fn::GetAtt"][0]
    return [
        one
        for policy in found[role]["Properties"]["Policies"]
        for one in policy["PolicyDocument"]["Statement"]
    ]


def _granted(found: Resources, functions: Mapping[str, str], name: str) -> str:
    return json.dumps(_statements(found, functions, name))


def _short(name: str) -> str:
    return name.removeprefix("eth-trading-").removesuffix(".fifo")


def _id(name: str) -> str:
    return "".join(one.capitalize() for one in name.replace("_", "-").replace(" ", "-").split("-"))


def page() -> str:
    """docs/aws.md as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder, analytics_reporting=False)
        build(app, Stage(endpoint="eth-trading-chronos-base"))
        app.synth()
        (path,) = Path(folder).glob("*.template.json")
        template = json.loads(path.read_text(encoding="utf-8"))
    outside = {
        row.name: tuple(one for one in OUTSIDE if one.lower() in row.settings.__struct_fields__)
        for row in ROWS
    }
    return (
        "# The system on AWS\n\n"
        "Drawn by `python infra/flowchart.py` from the synthesized template; do not edit it.\n"
        "R and W: what a function's role lets it read and write. `technical` and\n"
        "`sentiment-getter` are called for each coin, the model once for all of them.\n\n"
        f"```mermaid\n{chart(template, outside)}\n```\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is drawn")
