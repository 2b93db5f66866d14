"""The stack put together. `python infra/app.py` synthesizes into build/cdk.out, without the CLI.

    STAGE=test FORECAST_BATCHING=per_pair python infra/app.py
    cdk synth -c stage=test -c forecast_batching=per_pair        with the CLI, from infra/

CONTEXT lists what can be said; the CLI's context goes before the environment.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
for place in (ROOT, ROOT / "src"):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))

from aws_cdk import (  # noqa: E402
    App,
    ArnFormat,
    CfnOutput,
    CfnParameter,
    DefaultStackSynthesizer,
    Environment,
    Stack,
)

from application.errors import ConfigurationError  # noqa: E402
from infra.alarms import make_alarms, make_filters  # noqa: E402
from infra.analysis_workflow import make_workflow  # noqa: E402
from infra.buckets import bucket_name, make_buckets  # noqa: E402
from infra.forecast_endpoint import endpoint_name, make_endpoint  # noqa: E402
from infra.functions import make_functions  # noqa: E402
from infra.order_queue import feed, make_queues  # noqa: E402
from infra.reviewed import acknowledge  # noqa: E402
from infra.schedules import make_schedules  # noqa: E402
from infra.stage import Stage, checked  # noqa: E402
from infra.tables import make_tables  # noqa: E402

COINCHECK: Final = "coincheck"
GITHUB: Final = "github"
FOLDER: Final = ROOT / "build" / "cdk.out"
CONTEXT: Final = {
    "stage": "STAGE",
    "region": "AWS_REGION",
    "coins": "TRADING_PAIRS_CONFIG",
    "forecast_batching": "FORECAST_BATCHING",
    "workflow_type": "WORKFLOW_TYPE",
    "endpoint": "SAGEMAKER_ENDPOINT",
    "with_endpoint": "WITH_ENDPOINT",
    "packages": "PACKAGES",
    "alarm_email": "ALARM_EMAIL",
    "auto_fix": "AUTO_FIX",
}
"""What describes a stage: the CLI's key and the variable."""


def build(app: App, stage: Stage) -> Stack:
    """Everything of one stage."""
    stack = Stack(
        app,
        stage.stack,
        stack_name=stage.stack,
        env=Environment(region=stage.region),
        description="crypto-trader: an automatic spot trader",
        analytics_reporting=False,
        synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
    )
    make_tables(stack, stage)
    buckets = make_buckets(stack, stage)
    queues = make_queues(stack, stage)
    machine = stack.format_arn(
        service="states",
        resource="stateMachine",
        resource_name=f"{stage.prefix}analysis",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    endpoint = endpoint_name(stage) if stage.with_endpoint else stage.endpoint
    made = make_functions(
        stack,
        stage,
        _values(stack, stage, queues, machine, endpoint),
        _grants(stack, stage, queues, machine, endpoint),
    )
    workflow = make_workflow(
        stack,
        stage,
        {
            name: made[name].arn
            for name in ("technical", "chronos-caller", "sentiment-getter", "aggregator")
        },
    )
    feed(stack, queues, made["order-executor"])
    make_schedules(stack, stage, made)
    topic = make_alarms(stack, stage, made, queues)
    make_filters(stack, made)
    if stage.with_endpoint:
        make_endpoint(stack, stage, buckets["models"])
    acknowledge(stack)
    for name, value in (
        ("Prefix", stage.prefix),
        ("Queue", queues.orders.ref),
        ("Topic", topic.ref),
        ("Workflow", workflow.ref),
    ):
        CfnOutput(stack, f"{name}Output", value=value, key=name)
    return stack


def _parameter(stack: Stack, name: str, words: str, **more: Any) -> str:
    return CfnParameter(
        stack, name, type="String", description=words, **{"default": "", **more}
    ).value_as_string


def _values(stack: Stack, stage: Stage, queues: Any, machine: str, endpoint: str) -> dict[str, str]:
    """Variables of the functions by name; secrets are parameters that nobody is shown."""
    return {
        "TABLE_PREFIX": stage.prefix,
        "TRADING_PAIRS_CONFIG": stage.coins,
        "STRATEGY_PARAMETERS": _parameter(
            stack, "StrategyParameters", "Constants that differ from the owner's", default="{}"
        ),
        "ORDER_QUEUE_URL": queues.orders.ref,
        "STATE_MACHINE_ARN": machine,
        "REPORT_BUCKET": bucket_name(stage, "reports"),
        "COINCHECK_SECRET": stage.prefix + COINCHECK,
        "SAGEMAKER_ENDPOINT": endpoint,
        "TRADING_MODE": _parameter(
            stack,
            "TradingMode",
            "dry_run sends nothing; live trades with real money",
            default="dry_run",
            allowed_values=["dry_run", "live"],
        ),
        "TUNER": _parameter(
            stack,
            "Tuner",
            "random: every night changes are tested, and made when they pass; off: never",
            default="random",
            allowed_values=["random", "off"],
        ),
        "MESSAGE_LANGUAGE": _parameter(
            stack, "MessageLanguage", "Of messages", default="ja", allowed_values=["ja", "en"]
        ),
        "SLACK_WEBHOOK_URL": _parameter(
            stack, "SlackWebhook", "The incoming webhook's whole address", no_echo=True
        ),
        "CRYPTOPANIC_API_KEY": _parameter(
            stack, "CryptoPanicKey", "CryptoPanic auth_token; empty: no news", no_echo=True
        ),
        "CRYPTOPANIC_PLAN": _parameter(
            stack,
            "CryptoPanicPlan",
            "Plan of the token",
            default="growth",
            allowed_values=["developer", "growth", "enterprise"],
        ),
        "GITHUB_SECRET": stage.prefix + GITHUB if stage.auto_fix else "",
        "GITHUB_REPOSITORY": _parameter(stack, "GithubRepository", "owner/name")
        if stage.auto_fix
        else "",
        "#notifier-dlq": queues.unsaid.attr_arn,
        **dict(stage.addresses),
    }


def _grants(
    stack: Stack, stage: Stage, queues: Any, machine: str, endpoint: str
) -> dict[str, tuple[tuple[str, ...], str] | None]:
    """Actions and resource of whatever is not a table; None for what the stage does without."""

    def secret(name: str) -> str:
        # Secrets Manager puts six characters of its own behind a name
        return stack.format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{stage.prefix}{name}-??????",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    reports = stack.format_arn(
        service="s3", region="", account="", resource=bucket_name(stage, "reports")
    )
    found: dict[str, tuple[tuple[str, ...], str] | None] = {
        "queue": (("sqs:SendMessage",), queues.orders.attr_arn),
        "consume": (
            (
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            ),
            queues.orders.attr_arn,
        ),
        "unsaid": (("sqs:SendMessage",), queues.unsaid.attr_arn),
        "workflow": (("states:StartExecution",), machine),
        "reports": (("s3:PutObject",), f"{reports}/*"),
        "coincheck": (("secretsmanager:GetSecretValue",), secret(COINCHECK)),
        "github": (("secretsmanager:GetSecretValue",), secret(GITHUB)) if stage.auto_fix else None,
        "endpoint": None,
    }
    if endpoint:
        found["endpoint"] = (
            ("sagemaker:InvokeEndpoint",),
            stack.format_arn(service="sagemaker", resource="endpoint", resource_name=endpoint),
        )
    return found


def stage_from(environment: dict[str, str]) -> Stage:
    """The stage that variables describe. Raises ConfigurationError that names the variable."""
    packages = environment.get("PACKAGES", "")
    if not packages and (ROOT / "build" / "functions" / "technical.zip").is_file():
        packages = str(ROOT / "build" / "functions")
    if not packages:
        print("no packages in build/functions: functions get a placeholder", file=sys.stderr)
    given = {
        "name": environment.get("STAGE"),
        "region": environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"),
        "coins": environment.get("TRADING_PAIRS_CONFIG"),
        "forecast_batching": environment.get("FORECAST_BATCHING"),
        "workflow_type": environment.get("WORKFLOW_TYPE"),
        "endpoint": environment.get("SAGEMAKER_ENDPOINT"),
        "alarm_email": environment.get("ALARM_EMAIL"),
    }
    return checked(
        Stage(
            **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]
            with_endpoint=_is_yes("WITH_ENDPOINT", environment),
            auto_fix=_is_yes("AUTO_FIX", environment),
            packages=packages,
            addresses=tuple(json.loads(environment.get("ADDRESSES", "{}")).items()),
        )
    )


def _is_yes(name: str, environment: dict[str, str]) -> bool:
    said = environment.get(name, "") or "no"
    if said not in {"yes", "no"}:
        raise ConfigurationError(f"{name}: write yes or no, not {said}")
    return said == "yes"


def described(app: App, environment: dict[str, str]) -> dict[str, str]:
    """The environment, with the CLI's context over it."""
    said = {name: app.node.try_get_context(key) for key, name in CONTEXT.items()}
    return environment | {name: str(value) for name, value in said.items() if value is not None}


def main() -> None:
    """Synthesize the stage of the environment."""
    app = App(outdir=os.environ.get("CDK_OUTDIR", str(FOLDER)), analytics_reporting=False)
    try:
        stage = stage_from(described(app, dict(os.environ)))
    except ConfigurationError as error:
        sys.exit(str(error))
    build(app, stage)
    app.synth()


if __name__ == "__main__":
    main()
