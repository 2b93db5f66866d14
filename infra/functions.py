"""One row a function: memory, timeout, what it reads, writes, sends. Permissions follow from it."""

import sys
from pathlib import Path
from typing import Any, Final

import attrs
from aws_cdk import CfnTag, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets

from entrypoints.aws_lambda import settings
from infra.stage import Stage
from infra.tables import INDEX, LOG, table_arn

RUNTIME: Final = "python3.12"
KEPT_DAYS: Final = 14
READ: Final = ("dynamodb:GetItem", "dynamodb:Query")
SCAN: Final = ("dynamodb:Scan",)
DELETE: Final = ("dynamodb:DeleteItem",)
COPIED: Final = frozenset({"positions"})
"""Tables whose flagged rows stand there twice; the copy goes when the flag does."""


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Row:
    """A function. Memory in MB, timeout in s; `reads` and `writes` are tables."""

    name: str
    settings: type[settings.Function]
    memory: int = 256
    timeout: int = 60
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()
    """queue, workflow, endpoint, reports; consume is the queue's other end."""
    secrets: tuple[str, ...] = ()
    """Names in Secrets Manager; one that the stage does without is not granted."""
    looks_over: tuple[str, ...] = ()
    """Tables of a handful of rows, without a sort key, in which what is flagged is looked for."""
    reads_whole_log: bool = False
    updates: tuple[str, ...] = ()
    """Tables with a counter that is raised in place."""
    retries: int = 0
    """Of an asynchronous call; a tick that is missed is made up by the next one."""
    is_watched: bool = True
    """Whether its log goes to error-remediator."""

    @property
    def id(self) -> str:
        """The construct's id."""
        return "".join(one.capitalize() for one in self.name.split("-"))

    @property
    def writes_log(self) -> bool:
        """Every function that writes also reads and appends events."""
        return bool(self.writes)


ROWS: Final = (
    Row(
        name="price-collector",
        settings=settings.PriceCollector,
        reads=("prices", "analysis_state"),
        writes=(LOG, "prices", "analysis_state"),
        sends=("workflow",),
    ),
    Row(name="technical", settings=settings.Function, memory=512, reads=("prices",)),
    Row(
        name="chronos-caller",
        settings=settings.ChronosCaller,
        timeout=180,
        reads=("prices",),
        sends=("endpoint",),
    ),
    Row(name="sentiment-getter", settings=settings.Function, reads=("sentiment",)),
    Row(
        name="aggregator",
        settings=settings.Orders,
        memory=512,
        timeout=120,
        reads=("positions", "analysis_state", "market-context"),
        looks_over=("analysis_state",),
        writes=(LOG, "signals", "analysis_state"),
        sends=("queue",),
    ),
    Row(
        name="order-executor",
        settings=settings.OrderExecutor,
        timeout=30,
        reads=("positions", "analysis_state", "trades"),
        looks_over=("analysis_state",),
        writes=(LOG, "positions", "trades", "analysis_state"),
        updates=("analysis_state",),
        sends=("consume",),
        secrets=("coincheck",),
    ),
    Row(
        name="position-monitor",
        settings=settings.Orders,
        reads=("positions", "analysis_state"),
        looks_over=("analysis_state",),
        writes=(LOG, "positions", "analysis_state"),
        sends=("queue",),
    ),
    Row(name="news-collector", settings=settings.NewsCollector, writes=(LOG, "sentiment")),
    Row(name="market-context", settings=settings.Mood, writes=(LOG, "market-context")),
    Row(
        name="daily-reporter",
        settings=settings.DailyReporter,
        memory=512,
        timeout=120,
        reads=("positions",),
        writes=(LOG,),
        sends=("reports",),
        reads_whole_log=True,
    ),
    Row(
        name="error-remediator",
        settings=settings.ErrorRemediator,
        timeout=30,
        writes=(LOG,),
        secrets=("github",),
        is_watched=False,
    ),
    Row(
        name="warm-up",
        settings=settings.Binance,
        memory=512,
        timeout=300,
        reads=("prices", "analysis_state"),
        writes=(LOG, "prices"),
        is_watched=False,
    ),
    Row(
        name="slack-notifier",
        settings=settings.Told,
        memory=128,
        timeout=30,
        retries=2,
        sends=("unsaid",),
    ),
)
ALARMED: Final = tuple(row for row in ROWS if row.name != "slack-notifier")
WATCHED: Final = tuple(row for row in ROWS if row.is_watched)

_PLACEHOLDER: Final = "def handler(event, context):\n    raise NotImplementedError\n"


@attrs.frozen(slots=True, weakref_slot=False)
class Made:
    """A function with its log group and role."""

    row: Row
    function: functions.CfnFunction
    logs: logs.CfnLogGroup
    role: iam.CfnRole

    @property
    def arn(self) -> str:
        """Resolved when the stack is deployed."""
        return self.function.attr_arn


def make_functions(
    stack: Stack, stage: Stage, values: dict[str, str], grants: dict[str, Any]
) -> dict[str, Made]:
    """All functions; `values` are their variables by name, `grants` statements by what is sent."""
    return {row.name: _make(stack, stage, row, values, grants) for row in ROWS}


def environment_of(row: Row, values: dict[str, str]) -> dict[str, str]:
    """The variables of a function, of those that its settings name; the runtime's own left out."""
    wanted = [one.upper() for one in row.settings.__struct_fields__]
    return {name: values[name] for name in sorted(wanted) if values.get(name, "") != ""}


def statements_of(
    stack: Stack, stage: Stage, row: Row, grants: dict[str, Any]
) -> list[dict[str, Any]]:
    """What a function may do, one statement for each table or thing."""
    tables: dict[str, set[str]] = {}
    for name in row.reads:
        tables.setdefault(name, set()).update(READ)
    for name in row.looks_over:
        tables.setdefault(name, set()).update(SCAN)
    for name in row.writes:
        actions = ("dynamodb:PutItem", *(DELETE if name in COPIED else ()))
        tables.setdefault(name, set()).update(actions)
    for name in row.updates:
        tables.setdefault(name, set()).add("dynamodb:UpdateItem")
    if row.writes_log:
        tables[LOG].update(READ)
    found = [
        _statement(sorted(actions), table_arn(stack, stage, name))
        for name, actions in tables.items()
    ]
    if row.reads_whole_log:
        index = f"{table_arn(stack, stage, LOG)}/index/{INDEX}"
        found.append(_statement(["dynamodb:Query"], index))
    for name in (*row.sends, *row.secrets):
        if grants[name] is not None:
            granted, arn = grants[name]
            found.append(_statement(list(granted), arn))
    return found


def _statement(actions: list[str], arn: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": arn}


def _make(
    stack: Stack, stage: Stage, row: Row, values: dict[str, str], grants: dict[str, Any]
) -> Made:
    name = stage.prefix + row.name
    group = logs.CfnLogGroup(
        stack,
        f"{row.id}Logs",
        log_group_name=f"/aws/lambda/{name}",
        retention_in_days=KEPT_DAYS,
    )
    role = iam.CfnRole(
        stack,
        f"{row.id}Role",
        assume_role_policy_document=trusted("lambda.amazonaws.com"),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="own",
                policy_document={
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": group.attr_arn,
                        },
                        *statements_of(stack, stage, row, grants),
                    ],
                },
            )
        ],
    )
    function = functions.CfnFunction(
        stack,
        row.id,
        function_name=name,
        runtime=RUNTIME,
        architectures=["arm64"],
        handler=f"entrypoints.aws_lambda.{row.name.replace('-', '_')}.handler",
        code=_code(stack, stage, row),
        role=role.attr_arn,
        memory_size=row.memory,
        timeout=row.timeout,
        environment=functions.CfnFunction.EnvironmentProperty(
            variables={
                **environment_of(row, values),
                "POWERTOOLS_METRICS_NAMESPACE": stage.stack,
                "POWERTOOLS_SERVICE_NAME": row.name,
            }
        ),
        logging_config=functions.CfnFunction.LoggingConfigProperty(
            log_format="JSON", log_group=group.ref
        ),
        tags=[CfnTag(key="stage", value=stage.name)],
    )
    functions.CfnEventInvokeConfig(
        stack,
        f"{row.id}Async",
        function_name=function.ref,
        qualifier="$LATEST",
        maximum_retry_attempts=row.retries,
        maximum_event_age_in_seconds=300,
        destination_config=_failed_to(values) if row.name == "slack-notifier" else None,
    )
    return Made(row, function, group, role)


def _failed_to(values: dict[str, str]) -> Any:
    return functions.CfnEventInvokeConfig.DestinationConfigProperty(
        on_failure=functions.CfnEventInvokeConfig.OnFailureProperty(
            destination=values["#notifier-dlq"]
        )
    )


def _code(stack: Stack, stage: Stage, row: Row) -> Any:
    if not stage.packages:
        return functions.CfnFunction.CodeProperty(zip_file=_PLACEHOLDER)
    path = Path(stage.packages) / f"{row.name}.zip"
    if not path.is_file():
        sys.exit(f"{path} is missing: run `crypto-trader package` first")
    asset = assets.Asset(stack, f"{row.id}Code", path=str(path))
    return functions.CfnFunction.CodeProperty(
        s3_bucket=asset.s3_bucket_name, s3_key=asset.s3_object_key
    )


def trusted(service: str, *, account: str = "") -> dict[str, Any]:
    """A role that only a service of AWS may take on; with `account` only on its behalf."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if account:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def invocable(stack: Stack, made: Made, name: str, principal: str, source: str) -> Any:
    """Lets a service call a function for one source of its own."""
    return functions.CfnPermission(
        stack,
        f"{made.row.id}For{name}",
        action="lambda:InvokeFunction",
        function_name=made.function.ref,
        principal=principal,
        source_arn=source,
        source_account=Fn.ref("AWS::AccountId") if principal.startswith("logs") else None,
    )
