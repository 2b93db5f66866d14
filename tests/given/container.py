"""The Hugging Face container of SageMaker, as far as its handlers can tell.

It unpacks model.tar.gz, imports code/inference.py, lets it load the model, and hands it bodies as
text. Whatever a handler raises becomes status 400 with its text; a tuple becomes a list.
"""

import importlib.util
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import attrs
from botocore.exceptions import ClientError

HANDLERS = ("input_fn", "predict_fn", "output_fn")


@attrs.frozen
class PredictionError(Exception):
    """What the container answers instead of a result."""

    message: str
    status: int = 400


class Container:
    """A started container; `invoke_endpoint` is how a client of the runtime reaches it."""

    def __init__(self, archive: Path, folder: Path) -> None:
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        found = importlib.util.spec_from_file_location(
            "container_inference", folder / "code" / "inference.py"
        )
        self.module: Any = importlib.util.module_from_spec(found)
        found.loader.exec_module(self.module)
        assert not (
            hasattr(self.module, "transform_fn")
            and any(hasattr(self.module, name) for name in HANDLERS)
        ), "the container refuses transform_fn beside the others"
        os.environ["CHRONOS_THREADS"] = "1"
        try:
            self.model = self.module.model_fn(str(folder))
        finally:
            del os.environ["CHRONOS_THREADS"]

    def handle(
        self, body: bytes, content_type: str = "application/json", accept: str | None = None
    ) -> bytes:
        """The bytes of an answer. Raises PredictionError."""
        try:
            answer = self.module.transform_fn(
                self.model,
                body.decode("utf-8"),
                content_type,
                "application/json" if accept in {None, "", "*/*"} else accept,
            )
        except Exception as error:  # the container knows no kinds of failure
            raise PredictionError(str(error)) from error
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return text.encode()

    def invoke_endpoint(self, **asked: Any) -> dict[str, Any]:
        """As boto3's client of sagemaker-runtime."""
        try:
            return {
                "Body": io.BytesIO(
                    self.handle(asked["Body"], asked["ContentType"], asked["Accept"])
                )
            }
        except PredictionError as error:
            raise ClientError(
                {
                    "Error": {"Code": "ModelError", "Message": error.message},
                    "OriginalMessage": error.message,
                    "OriginalStatusCode": error.status,
                    "ResponseMetadata": {"HTTPStatusCode": 424},
                },
                "InvokeEndpoint",
            ) from error
