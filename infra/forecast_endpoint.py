"""The serverless endpoint of Chronos-2, where a stage wants one of its own."""

from typing import Final

from aws_cdk import ArnFormat, CfnParameter, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker

from infra.functions import trusted
from infra.stage import Stage

NAME: Final = "eth-trading-chronos-base"
ARCHIVE: Final = "chronos-2/model.tar.gz"
MEMORY_MB: Final = 6144
CONCURRENT: Final = 8


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
    )
    archive = Fn.join("", [models.attr_arn, "/", ARCHIVE])
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
                        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": archive},
                        {
                            "Effect": "Allow",
                            "Action": [
                                "ecr:BatchGetImage",
                                "ecr:GetDownloadUrlForLayer",
                                "ecr:GetAuthorizationToken",
                            ],
                            "Resource": "*",
                        },
                        {
                            "Effect": "Allow",
                            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": stack.format_arn(
                                service="logs",
                                resource="log-group",
                                resource_name=f"/aws/sagemaker/Endpoints/{endpoint_name(stage)}:*",
                                arn_format=ArnFormat.COLON_RESOURCE_NAME,
                            ),
                        },
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
    sagemaker.CfnEndpoint(
        stack,
        "ForecastEndpoint",
        endpoint_name=endpoint_name(stage),
        endpoint_config_name=config.attr_endpoint_config_name,
    )
