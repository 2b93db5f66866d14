"""A language model proposes; it is held to the same bounds, gates and tests as any search.

It is told figures of the log alone, and answers through one tool whose input is checked here.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import attrs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from application.errors import Broken, ConfigurationError, Retryable
from application.ports.proposer import Paid, Proposal, Question
from domain.tuning.change import (
    MOST_THRESHOLD,
    MOST_WEIGHT,
    THRESHOLDS,
    WEIGHTS,
    Change,
    TooFarError,
)

CAP_USD: Final = 0.01
"""What one proposal may cost, whatever is answered."""
TOOL: Final = "propose_changes"
MOST_CHANGES: Final = 3
LEAST_ANSWER: Final = 200
"""Tokens without which an answer makes no sense."""
MOST_ANSWER: Final = 600
PATIENCE_S: Final = 30.0


@attrs.frozen(kw_only=True)
class Model:
    """Which one, and its price in USD for a million tokens. Look it up: prices change."""

    name: str = "claude-haiku-4-5"
    input_usd: float = 1.0
    output_usd: float = 5.0


class _Wanted(BaseModel):
    """One change: values by parameter, and a reason that is not used."""

    model_config = ConfigDict(extra="ignore")
    values: dict[str, float] = Field(min_length=1, max_length=4)


class _Answer(BaseModel):
    """What the tool is called with."""

    model_config = ConfigDict(extra="ignore")
    changes: list[_Wanted] = Field(max_length=MOST_CHANGES)


class Claude:
    """Anthropic's Messages through its SDK, one forced call of a tool a night."""

    def __init__(
        self, key: str, model: Model | None = None, *, base_url: str | None = None, retries: int = 2
    ) -> None:
        self._key = key
        self._model = model or Model()
        self._base_url = base_url
        self._retries = retries

    @property
    def name(self) -> str:
        """The model."""
        return self._model.name

    async def propose(self, question: Question) -> Proposal:
        """At most three changes; what is too far or makes no sense is turned away in words.

        Raises Retryable when the service cannot be reached or is busy, ConfigurationError for a
        key, a model or a budget that it does not take, Broken for an answer without the tool.
        """
        prompt = _prompt(question)
        most = answer_tokens(prompt, self._model)
        sdk = _sdk()
        try:
            async with sdk.AsyncAnthropic(
                api_key=self._key,
                base_url=self._base_url,
                max_retries=self._retries,
                timeout=PATIENCE_S,
            ) as client:
                message = await client.messages.create(
                    model=self._model.name,
                    max_tokens=most,
                    messages=[{"role": "user", "content": prompt}],
                    tools=[_tool()],
                    tool_choice={"type": "tool", "name": TOOL},
                )
        except (sdk.APIConnectionError, sdk.RateLimitError, sdk.InternalServerError) as error:
            raise Retryable(f"Anthropic: {type(error).__name__}") from error
        except sdk.APIStatusError as error:
            raise ConfigurationError(
                f"Anthropic answered {error.status_code}: look at the tuner's key, model and budget"
            ) from error
        return self._read(message, question)

    def _read(self, message: Any, question: Question) -> Proposal:
        usage = message.usage
        cost = usage.input_tokens * self._model.input_usd
        cost += usage.output_tokens * self._model.output_usd
        paid = Paid(usage.input_tokens, usage.output_tokens, cost / 1e6)
        if message.stop_reason == "max_tokens":
            return Proposal((), ("the answer was cut off",), paid)
        asked = [one.input for one in message.content if one.type == "tool_use"]
        if not asked:
            raise Broken("Anthropic's answer does not call the tool that it was told to call")
        try:
            answer = _Answer.model_validate(asked[0])
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            return Proposal((), (f"the answer cannot be read: {where}",), paid)
        changes: list[Change] = []
        turned_away = []
        for wanted in answer.changes:
            try:
                change = Change.between(question.now, wanted.values)
                change.applied(question.now)
            except (TooFarError, ValueError) as error:
                turned_away.append(str(error)[:200])
            else:
                if change not in changes:
                    changes.append(change)
        return Proposal(tuple(changes), tuple(turned_away), paid)


def answer_tokens(prompt: str, model: Model) -> int:
    """Tokens that an answer may have under the cap, if every character asked were a token.

    Raises ConfigurationError when nothing useful is left.
    """
    asked = (len(prompt.encode()) + len(str(_tool()))) * model.input_usd
    left = int((CAP_USD * 1e6 - asked) / model.output_usd) if model.output_usd else MOST_ANSWER
    if left < LEAST_ANSWER:
        raise ConfigurationError(
            f"a proposal of {model.name} would cost more than {CAP_USD} USD: choose a cheaper model"
        )
    return min(left, MOST_ANSWER)


def _prompt(question: Question) -> str:
    now = question.now
    values = ", ".join(f"{name} = {getattr(now, name):g}" for name in (*WEIGHTS, *THRESHOLDS))
    return (
        f"A trading strategy adds four component scores (-1..1) by weights. It buys at a total "
        f"score from buy_threshold and sells at one down to sell_threshold.\n"
        f"Now: {values}.\n{question.record}\n"
        f"Propose up to {MOST_CHANGES} changes worth testing, or none. A change is either of "
        f"weights, each by at most {MOST_WEIGHT} and summing to 1 as before, or of one threshold "
        f"by at most {MOST_THRESHOLD}. Each is tested on recorded days; every test makes the "
        f"next one harder to pass."
    )


def _tool() -> dict[str, Any]:
    names = [*WEIGHTS, *THRESHOLDS]
    values = {"type": "object", "properties": {name: {"type": "number"} for name in names}}
    change = {"type": "object", "properties": {"values": values}, "required": ["values"]}
    return {
        "name": TOOL,
        "description": "Hand over the changes: new values by parameter.",
        "input_schema": {
            "type": "object",
            "properties": {"changes": {"type": "array", "maxItems": MOST_CHANGES, "items": change}},
            "required": ["changes"],
        },
    }


def _sdk() -> Any:
    try:
        return import_module("anthropic")
    except ModuleNotFoundError:
        raise ConfigurationError(
            'the tuner\'s proposer claude needs anthropic: pip install "crypto-trader[tuner]"'
        ) from None
