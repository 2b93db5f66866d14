"""Who proposes changes of the strategy to a trader at home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from application.errors import ConfigurationError

if TYPE_CHECKING:
    from application.ports.proposer import Proposer
    from entrypoints.wiring.settings import Tuner


def proposer_of(tuner: Tuner) -> Proposer | None:
    """The configured one; None where nobody does.

    Raises ConfigurationError for a language model without a key.
    """
    if tuner.proposer == "off":
        return None
    if tuner.proposer == "random":
        from adapters.proposer.random_search import RandomSearch

        return RandomSearch()
    if tuner.proposer == "search":
        from adapters.proposer.box_search import BoxSearch

        return BoxSearch()
    from adapters.proposer.claude import Claude, Model

    if tuner.anthropic_key is None:
        raise ConfigurationError(
            "[tuner] anthropic_key is needed for proposer claude: put it into the configuration "
            'or `.env`, or write proposer = "search"'
        )
    model = Model(name=tuner.model, input_usd=tuner.input_usd, output_usd=tuner.output_usd)
    return Claude(tuner.anthropic_key.get_secret_value(), model)
