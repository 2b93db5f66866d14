"""Clients of one region, each made once."""

from collections.abc import Callable
from typing import Any

from adapters.aws_calls import aws_client, call
from application.errors import InputError
from entrypoints.stage import REGION

Make = Callable[..., Any]


class Aws:
    """What a deployment calls: clients by service, all in one region."""

    def __init__(self, region: str, make: Make = aws_client) -> None:
        self.region = region
        self._make = make
        self._made: dict[str, Any] = {}

    def client(self, service: str, **options: Any) -> Any:
        """The client of a service. Raises ConfigurationError where AWS is not set up."""
        if service not in self._made:
            self._made[service] = self._make(service, region=self.region, **options)
        return self._made[service]

    def apart(self, service: str, **options: Any) -> Any:
        """A client of its own, with other patience than the others."""
        return self._make(service, region=self.region, **options)

    def ask(self, what: str, service: str, operation: str, **arguments: Any) -> Any:
        """The answer of one operation; `what` is being done, in words.

        Raises OutsideError or ConfigurationError.
        """
        return call(what, getattr(self.client(service), operation), **arguments)


def region_of(given: str | None) -> str:
    """The region to deploy to: as given, as the AWS configuration says, else Tokyo.

    Raises InputError for one that AWS does not have.
    """
    import boto3
    from botocore import exceptions as faults

    try:
        session = boto3.session.Session()
    except faults.BotoCoreError as error:
        raise InputError(f"AWS: {error}; set it up with `aws configure`") from error
    region = given or session.region_name or REGION
    known = session.get_available_regions("cloudformation")
    if region not in known:
        raise InputError(f"--region {region}: AWS has none of that name; Tokyo is {REGION}")
    return region
