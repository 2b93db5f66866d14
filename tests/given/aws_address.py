"""The environment in which AWS is on this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def aws_at(url: str | None = None) -> Iterator[None]:
    """Every client made inside talks to this address (None: leaves it), with keys of no use."""
    given = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "ap-northeast-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if url is not None:
        given["AWS_ENDPOINT_URL"] = url
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
