"""A synthesized CloudFormation template becomes a stack: by resource types, not by who made it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from application.errors import InputError
from entrypoints.cost.intrinsic_functions import Values, referred
from entrypoints.cost.read_flow import flow_of
from entrypoints.cost.schedule_runs import runs_a_month
from entrypoints.cost.stack import Endpoint, Function, Machine, Schedule, Stack, Table
from entrypoints.cost.unpriced import unpriced_parts
from entrypoints.wiring.pairs import VARIABLE, instruments_of

FOLDER: Final = Path("build/cdk.out")
PATTERN: Final = "*.template.json"
HANDLERS: Final = "entrypoints.aws_lambda."
ENDPOINT_MB: Final = 6144
"""Memory of an endpoint that another stack made."""
SECRETS: Final = ("COINCHECK_SECRET", "GITHUB_SECRET", "ANTHROPIC_SECRET")
"""Variables that name a secret which may stand outside the stack."""


def find_template(folder: Path = FOLDER) -> Path:
    """The one template of a folder. Raises InputError that says how to make or choose it."""
    found = sorted(folder.glob(PATTERN)) if folder.is_dir() else []
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(
            f"{folder} holds {len(found)} templates: name one with --template "
            f"({', '.join(one.name for one in found)})"
        )
    raise InputError(
        f"no template in {folder}: make it with `make synth`, or name one with --template"
    )


def read_template(path: Path) -> Stack:
    """The stack of a template. Raises InputError that names the resource and what is wrong."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not JSON: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("Resources"), dict):
        raise InputError(f"{path} is no CloudFormation template: it has no Resources")
    try:
        return Reader(content).stack()
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} cannot be read as CloudFormation: {error!r}") from None


class Reader:
    """One template."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        self.values = Values(template)
        self._resources: Mapping[str, Any] = template["Resources"]
        self._functions = tuple(self._function(*one) for one in self.of("AWS::Lambda::Function"))
        self._names = {one.id: one.name for one in self._functions}

    def stack(self) -> Stack:
        """Everything that is paid for."""
        queues = dict(self.of("AWS::SQS::Queue"))
        feeds = [one for _, one in self.of("AWS::Lambda::EventSourceMapping")]
        fed = [referred(self.values.text(one["EventSourceArn"])) for one in feeds]
        return Stack(
            functions=self._functions,
            schedules=tuple(self._schedules()),
            machine=self._machine(),
            tables=tuple(self._table(*one) for one in self.of("AWS::DynamoDB::Table")),
            coins=self._coins(),
            polled=tuple(
                "fifo" if queues[one].get("FifoQueue") else "standard"
                for one in fed
                if one in queues
            ),
            queued=self._called("AWS::Lambda::EventSourceMapping", "FunctionName"),
            watching=self._called("AWS::Logs::SubscriptionFilter", "DestinationArn"),
            told=self._called("AWS::SNS::Subscription", "Endpoint"),
            alarms=sum(_metrics(one) for _, one in self.of("AWS::CloudWatch::Alarm")),
            metrics=sum(1 for _ in self.of("AWS::Logs::MetricFilter")),
            dashboards=sum(1 for _ in self.of("AWS::CloudWatch::Dashboard")),
            kept_days=self._kept_days(),
            secrets=tuple(self._secrets()),
            buckets=sum(1 for _ in self.of("AWS::S3::Bucket")),
            keys=sum(1 for _ in self.of("AWS::KMS::Key")),
            endpoint=self._endpoint(),
            unpriced=tuple(unpriced_parts(self._resources)),
        )

    def of(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """(id, properties) of the resources of a type; * stands for any part of it."""
        for name, resource in self._resources.items():
            if fnmatchcase(resource["Type"], kind):
                yield name, resource.get("Properties", {})

    def _number(self, name: str, properties: Mapping[str, Any], field: str, default: int) -> int:
        text = self.values.text(properties.get(field, default))
        try:
            return int(float(text))
        except ValueError:
            raise InputError(f"{name}: {field} is {text}, and must be a number") from None

    def _function(self, name: str, properties: Mapping[str, Any]) -> Function:
        handler = self.values.text(properties.get("Handler"))
        ours = handler.removeprefix(HANDLERS).partition(".")[0].replace("_", "-")
        variables = properties.get("Environment", {}).get("Variables", {})
        return Function(
            id=name,
            name=ours if handler.startswith(HANDLERS) else name,
            memory_mb=self._number(name, properties, "MemorySize", 128),
            timeout_s=self._number(name, properties, "Timeout", 3),
            architecture=self.values.text(properties.get("Architectures", ["x86_64"])[0]),
            variables={key: self.values.text(one) for key, one in variables.items()},
        )

    def _named(self, text: str) -> str:
        return self._names.get(referred(text), "")

    def _called(self, kind: str, field: str) -> tuple[str, ...]:
        """Functions that resources of a type call, each once."""
        found = [self._named(self.values.text(one.get(field))) for _, one in self.of(kind)]
        return tuple(dict.fromkeys(one for one in found if one))

    def _schedules(self) -> Iterator[Schedule]:
        for _, one in self.of("AWS::Scheduler::Schedule"):
            if one.get("State") != "DISABLED":
                function = self._named(self.values.text(one["Target"]["Arn"]))
                yield Schedule(function, runs_a_month(self.values.text(one["ScheduleExpression"])))
        for _, one in self.of("AWS::Events::Rule"):
            for target in one.get("Targets", []) if "ScheduleExpression" in one else []:
                function = self._named(self.values.text(target["Arn"]))
                yield Schedule(function, runs_a_month(self.values.text(one["ScheduleExpression"])))

    def _machine(self) -> Machine | None:
        found = list(self.of("AWS::StepFunctions::StateMachine"))
        if not found:
            return None
        if len(found) > 1:
            raise InputError(f"the template has {len(found)} state machines, and one is expected")
        _, one = found[0]
        given = one.get("DefinitionSubstitutions", {})
        text = (
            json.dumps(one["Definition"])
            if "Definition" in one
            else self.values.text(one["DefinitionString"])
        )
        for key, value in given.items():
            text = text.replace(f"${{{key}}}", self.values.text(value))
        level = one.get("LoggingConfiguration", {}).get("Level", "OFF")
        return Machine(
            flow=flow_of(text, self._named),
            workflow="EXPRESS" if one.get("StateMachineType") == "EXPRESS" else "STANDARD",
            size=len(text.encode()),
            logs_all=level == "ALL",
        )

    def _table(self, name: str, properties: Mapping[str, Any]) -> Table:
        recovery = properties.get("PointInTimeRecoverySpecification", {})
        return Table(
            name=self.values.text(properties.get("TableName")) or name,
            indexes=len(properties.get("GlobalSecondaryIndexes", [])),
            recovers=bool(recovery.get("PointInTimeRecoveryEnabled")),
        )

    def _coins(self) -> int:
        """Coins of the functions' variable; none of it: the known ones."""
        given = (one.variables.get(VARIABLE, "") for one in self._functions)
        return len(instruments_of(next((one for one in given if one.startswith("{")), "")).pairs)

    def _kept_days(self) -> float:
        days = [
            self._number(name, one, "RetentionInDays", 3653)
            for name, one in self.of("AWS::Logs::LogGroup")
        ]
        return sum(days) / len(days) if days else 3653.0

    def _secrets(self) -> Iterator[str]:
        """Secrets of the stack, and those that it only names."""
        ours = [name for name, _ in self.of("AWS::SecretsManager::Secret")]
        yield from ours
        named = {
            one.variables[key]: None
            for one in self._functions
            for key in SECRETS
            if one.variables.get(key)
        }
        yield from (text for text in named if referred(text) not in ours)

    def _endpoint(self) -> Endpoint | None:
        made = any(True for _ in self.of("AWS::SageMaker::Endpoint"))
        for name, one in self.of("AWS::SageMaker::EndpointConfig"):
            for variant in one["ProductionVariants"]:
                if "ServerlessConfig" in variant:
                    config = variant["ServerlessConfig"]
                    return Endpoint(self._number(name, config, "MemorySizeInMB", ENDPOINT_MB), True)
        named = any(one.variables.get("SAGEMAKER_ENDPOINT") for one in self._functions)
        return Endpoint(ENDPOINT_MB, made) if made or named else None


def _metrics(alarm: Mapping[str, Any]) -> int:
    """Metrics that an alarm looks at; an expression over them is none."""
    if "Metrics" not in alarm:
        return 1
    return sum("MetricStat" in one for one in alarm["Metrics"])
