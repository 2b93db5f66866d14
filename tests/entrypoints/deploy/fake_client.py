"""Fakes of AWS clients: what goes in and what comes out has the shape of the real service."""

from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

_SESSION = botocore.session.get_session()


def refusal(operation: str, code: str, text: str, status: int = 400) -> ClientError:
    """An error as botocore raises it."""
    said = {"Error": {"Code": code, "Message": text}}
    return ClientError({**said, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)


class FakeClient:
    """Methods `op_<name>` answer; `failing` makes an operation raise, `calls` remembers."""

    service = ""

    def __init__(self) -> None:
        self._model: ServiceModel = _SESSION.get_service_model(self.service)
        self.failing: dict[str, ClientError] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith(("op_", "_")):
            raise AttributeError(name)
        pascal = "".join(word.capitalize() for word in name.split("_"))
        shape = self._model.operation_model(pascal)

        def call(**given: Any) -> Any:
            self._check(given, shape.input_shape)
            self.calls.append((name, given))
            if name in self.failing:
                raise self.failing[name]
            answer = getattr(self, f"op_{name}")(**given) or {}
            if shape.output_shape is not None:
                self._check(answer, shape.output_shape)
            return answer

        return call

    @staticmethod
    def _check(given: Any, shape: Any) -> None:
        report = ParamValidator().validate(given, shape)
        assert not report.has_errors(), report.generate_report()

    def called(self, name: str) -> list[dict[str, Any]]:
        """What an operation was given, each time."""
        return [given for one, given in self.calls if one == name]
