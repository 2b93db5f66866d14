"""Says where the stack is proven."""

import importlib.util

import pytest


def test_the_stack_is_proven_in_an_environment_of_its_own() -> None:
    if importlib.util.find_spec("aws_cdk") is None:
        pytest.skip("the stack's library is not in this environment: run `make test-infra`")
    assert importlib.util.find_spec("infra.app") is not None
