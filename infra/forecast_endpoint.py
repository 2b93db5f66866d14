"""The serverless endpoint of Chronos-2, where a stage wants one of its own."""

from typing import Any, Final

from aws_cdk import CfnParameter, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker

from infra.functions import KEPT_DAYS, trusted
from infra.stage import Stage

NAME: Final = "eth-trading-chronos-base"
ARCHIVE: Final = "chronos-2/model.tar.gz"
MEMORY_MB: Final = 6144
CONCURRENT: Final = 8
IMAGE: Final = r"^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/[a-z0-9/_-]+:[A-Za-z0-9._-]+$"
"""ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG"""


def endpoint_name(stage: Stage) -> str:
    """The default stage's has the owner's name."""
    return NAME if stage.prefix == "eth-trading-" else f"{stage.prefix}chronos-base"


def make_endpoint(stack: Stack, stage: Stage, models: s3.CfnBucket) -> None:
    """Model, configuration and endpoint; the image's address is a parameter."""
    image = CfnParameter(
        stack,
        "ForecastImage",
        type="String",
        description="Address of the Hugging Face inference image (CPU) in this region",
        allowed_pattern=IMAGE,
    )
    archive = Fn.join("", [models.attr_arn, "/", ARCHIVE])
    lines = logs.CfnLogGroup(
        stack,
        "ForecastLogs",
        log_group_name=f"/aws/sagemaker/Endpoints/{endpoint_name(stage)}",
        retention_in_days=KEPT_DAYS,
    )
    role = iam.CfnRole(
        stack,
        "ForecastRole",
        assume_role_policy_document=trusted("sagemaker.amazonaws.com"),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="own",
                policy_document={
                    "Version": "2012-10-17",
                    "Statement": [
                        _allowed(["s3:GetObject"], archive),
                        _allowed(["s3:ListBucket"], models.attr_arn),
                        _allowed(
                            [
                                "ecr:BatchCheckLayerAvailability",
                                "ecr:BatchGetImage",
                                "ecr:GetDownloadUrlForLayer",
                            ],
                            _repository(stack, image.value_as_string),
                        ),
                        # a token is the registry's, whatever is fetched with it
                        _allowed(["ecr:GetAuthorizationToken"], "*"),
                        _allowed(
                            [
                                "logs:CreateLogStream",
                                "logs:DescribeLogStreams",
                                "logs:PutLogEvents",
                            ],
                            lines.attr_arn,
                        ),
                    ],
                },
            )
        ],
    )
    model = sagemaker.CfnModel(
        stack,
        "ForecastModel",
        execution_role_arn=role.attr_arn,
        primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
            image=image.value_as_string,
            model_data_url=Fn.join("", ["s3://", models.ref, "/", ARCHIVE]),
        ),
    )
    config = sagemaker.CfnEndpointConfig(
        stack,
        "ForecastConfig",
        production_variants=[
            sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                variant_name="all",
                model_name=model.attr_model_name,
                serverless_config=sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
                    memory_size_in_mb=MEMORY_MB, max_concurrency=CONCURRENT
                ),
            )
        ],
    )
    endpoint = sagemaker.CfnEndpoint(
        stack,
        "ForecastEndpoint",
        endpoint_name=endpoint_name(stage),
        endpoint_config_name=config.attr_endpoint_config_name,
    )
    endpoint.add_resource_dependency(lines)


def _allowed(actions: list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def _repository(stack: Stack, image: str) -> str:
    """The image's own repository, from its address; it is in an account of AWS."""
    host, path = Fn.select(0, Fn.split("/", image)), Fn.select(1, Fn.split("amazonaws.com/", image))
    return Fn.join(
        ":",
        [
            f"arn:{stack.partition}:ecr:{stack.region}",
            Fn.select(0, Fn.split(".", host)),
            Fn.join("", ["repository/", Fn.select(0, Fn.split(":", path))]),
        ],
    )
