"""crypto-trader forecast-endpoint: Chronos-2 on SageMaker, deployed, looked at, deleted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from entrypoints.forecast_endpoint.cloud import Cloud
    from entrypoints.forecast_endpoint.wanted import Wanted

FAILED = 1
INTERRUPTED = 130
REGION = "ap-northeast-1"
FOLDER = click.Path(path_type=Path, file_okay=False)

stage_option = click.option(
    "--stage",
    default="prod",
    show_default=True,
    metavar="NAME",
    help="Which trader, if several.",
)
region_option = click.option(
    "--region", metavar="NAME", help="Default: of the AWS configuration, else ap-northeast-1."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.group("forecast-endpoint")
def command() -> None:
    """Chronos-2 on a serverless endpoint of SageMaker, and without it momentum.

    It costs nothing while nobody asks it. A stage asks the endpoint of its own name.
    """


@command.command("deploy")
@stage_option
@region_option
@click.option(
    "--weights",
    type=FOLDER,
    default="models/chronos-2",
    show_default=True,
    help="Folder with config.json and model.safetensors.",
)
@click.option(
    "--fetch", is_flag=True, help="Fetch into it from the Hugging Face hub what is missing."
)
@click.option("--hub-url", metavar="URL", help="Another address of the hub.")
@click.option("--revision", default="main", show_default=True, help="Of the weights on the hub.")
@click.option(
    "--code", type=FOLDER, default="infra/chronos", show_default=True, help="The container's code."
)
@click.option(
    "--role", metavar="NAME|ARN", help="What SageMaker runs as. Default: PREFIXsagemaker-execution."
)
@click.option("--bucket", help="Default: PREFIXmodels-ACCOUNT, of the stage's stack.")
@click.option("--image", help="Default: AWS's Hugging Face container for a CPU.")
@click.option("--memory", default=6144, show_default=True, help="MB; processors come with it.")
@click.option("--concurrency", default=8, show_default=True, help="Calls at once.")
@click.option("--quota", default=10, show_default=True, help="Of all endpoints of the region.")
@json_option
def deploy_command(**options: Any) -> int:
    """Bring the endpoint into service; again with the same weights it changes nothing.

    Packs the weights and the container's code, uploads them, creates model, configuration and
    endpoint and waits. If that fails, what it created is deleted again.

    \b
    Examples:
      crypto-trader forecast-endpoint deploy --weights models/chronos-2
      crypto-trader forecast-endpoint deploy --fetch --role arn:aws:iam::123456789012:role/x
    """
    from adapters.clock.system import SystemClock
    from entrypoints.forecast_endpoint.deploy import deploy

    cloud = _cloud(options["region"])
    wanted = _wanted(options, cloud)
    changed = _finished(deploy(wanted, cloud, SystemClock(), _say), "deploy")
    if changed is None:
        return INTERRUPTED
    if options["as_json"]:
        told = {"endpoint": wanted.endpoint, "name": wanted.name, "changed": changed}
        print(json.dumps({**told, "version": wanted.weights.version}))
    return 0


def _wanted(options: dict[str, Any], cloud: Cloud) -> Wanted:
    from adapters.forecaster.weights import weights_in
    from entrypoints.forecast_endpoint.hub import HUB, fetch_weights
    from entrypoints.forecast_endpoint.wanted import Wanted, image_of
    from entrypoints.stage import stage_of

    prefix = stage_of(options["stage"]).prefix
    if options["fetch"]:
        fetch_weights(
            options["weights"],
            _say,
            hub=options["hub_url"] or HUB,
            revision=options["revision"],
        )
    return Wanted(
        weights=weights_in(options["weights"]),
        endpoint=f"{prefix}chronos-base",
        bucket=options["bucket"] or f"{prefix}models-{cloud.account()}",
        role=cloud.role(options["role"] or f"{prefix}sagemaker-execution"),
        image=options["image"] or image_of(cloud.region),
        code=options["code"],
        memory_mb=options["memory"],
        concurrent=options["concurrency"],
        quota=options["quota"],
    )


@command.command("status")
@stage_option
@region_option
@json_option
def status_command(*, stage: str, region: str | None, as_json: bool) -> int:
    """How the endpoint stands; exit status 1 where it is not in service."""
    from entrypoints.forecast_endpoint.deploy import IN_SERVICE
    from entrypoints.stage import stage_of

    endpoint = f"{stage_of(stage).prefix}chronos-base"
    state = _cloud(region).state(endpoint)
    if as_json:
        none = {"status": None, "config": None, "failure": "", "concurrent": 0}
        about = none if state is None else {name: getattr(state, name) for name in none}
        print(json.dumps({"endpoint": endpoint, **about}))
    elif state is None:
        click.echo(f"{endpoint}: there is none; `crypto-trader forecast-endpoint deploy` makes it")
    else:
        why = f": {state.failure}" if state.failure else ""
        click.echo(f"{endpoint}: {state.status}{why}, {state.config}, {state.concurrent} at once")
    return 0 if state is not None and state.status == IN_SERVICE else FAILED


@command.command("delete")
@stage_option
@region_option
@click.option("--bucket", help="Default: PREFIXmodels-ACCOUNT, of the stage's stack.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete_command(*, stage: str, region: str | None, bucket: str | None, yes: bool) -> int:
    """Delete the endpoint and all that deploy made for it, archives included."""
    from adapters.clock.system import SystemClock
    from entrypoints.forecast_endpoint.deploy import delete
    from entrypoints.stage import stage_of

    prefix = stage_of(stage).prefix
    cloud = _cloud(region)
    endpoint = f"{prefix}chronos-base"
    if not yes:
        click.confirm(f"Delete {endpoint}? Momentum stands in for it.", abort=True, err=True)
    kept = bucket or f"{prefix}models-{cloud.account()}"
    count = _finished(delete(endpoint, kept, cloud, SystemClock(), _say), "delete")
    if count is None:
        return INTERRUPTED
    click.echo(f"{count} deleted" if count else "there was nothing to delete")
    return 0


def _cloud(region: str | None) -> Cloud:
    import boto3

    from entrypoints.forecast_endpoint.cloud import Cloud

    return Cloud(region or boto3.session.Session().region_name or REGION)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _finished(work: Coroutine[Any, Any, int], verb: str) -> int | None:
    """The result; None after an interruption, which is said."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        click.echo(
            "crypto-trader: interrupted; what AWS was asked for goes on: look with "
            f"`crypto-trader forecast-endpoint status`, then run {verb} again",
            err=True,
        )
        return None
