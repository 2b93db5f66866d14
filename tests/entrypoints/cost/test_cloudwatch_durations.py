"""Durations of a deployed stage take the place of assumed ones, weighted by calls."""

from typing import Any

import boto3
import pytest
from moto import mock_aws

from application.errors import ConfigurationError, OutsideError
from domain.instant import DAY, to_datetime
from entrypoints.cost.cloudwatch_durations import cloudwatch_durations
from entrypoints.cost.known_durations import load_durations
from entrypoints.deploy.clients import Aws
from entrypoints.stage import stage_of

NOW = 1_795_000_000_000
DEV = stage_of("dev")
NAMES = ["technical", "aggregator", "warm-up"]


def client(service: str) -> Any:
    return boto3.client(
        service,
        region_name="ap-northeast-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - no secret
    )


def put(name: str, at: int, *values: float) -> None:
    client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": "Duration",
                "Dimensions": [{"Name": "FunctionName", "Value": name}],
                "Timestamp": to_datetime(at),
                "Value": value,
            }
            for value in values
        ],
    )


def test_the_mean_of_a_week_is_of_calls_not_of_days() -> None:
    with mock_aws():
        aws = Aws("ap-northeast-1", lambda service, **_: client(service))
        put("eth-trading-dev-technical", NOW - DAY, 100.0, 200.0, 300.0)
        put("eth-trading-dev-technical", NOW - 3 * DAY, 1000.0)
        put("eth-trading-dev-technical", NOW - 9 * DAY, 90_000.0)
        put("eth-trading-technical", NOW - DAY, 77_000.0)
        known = load_durations()
        found = cloudwatch_durations(known, NAMES, aws=aws, stage=DEV, now=NOW)
    assert found.of("technical").mean_ms == 400.0
    assert found.of("technical").how == "CloudWatch, 7 days, 4 calls"
    assert not found.of("technical").is_assumed
    assert found.of("aggregator") == known.of("aggregator"), "what never ran stays as it was"
    assert found.of("endpoint") == known.of("endpoint")


def test_where_cloudwatch_does_not_answer_it_is_said() -> None:
    class Closed:
        def get_metric_statistics(self, **_: object) -> None:
            raise OutsideError("no permission")

    aws = Aws("ap-northeast-1", lambda *_, **__: Closed())
    with pytest.raises((OutsideError, ConfigurationError)):
        cloudwatch_durations(load_durations(), NAMES, aws=aws, stage=DEV, now=NOW)
