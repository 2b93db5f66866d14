"""By hand: 1,000 candles of every coin, or of {"pair": ...}, before they are needed."""

import attrs

from application.market.collect_prices import PriceMemory, collect_prices
from application.troubles import failures_of
from domain.events import PriceCollected
from entrypoints.aws_lambda.boundary import LOG, Call, Function
from entrypoints.aws_lambda.settings import Binance

CANDLES = 1_000


async def _warm_up(call: Call) -> dict[str, object]:
    environment = call.environment
    pair = call.event.get("pair")
    coins = environment.instruments()
    commits = await collect_prices(
        call.at(),
        pairs=(coins.of(pair).pair,) if pair else coins.pairs,
        log=environment.log(),
        market_data=environment.market_data(),
        # the next tick asks for the first analysis: here nobody would make it
        policy=attrs.evolve(environment.policy(), due=lambda *_: None),
        parameters=environment.parameters(),
        history=CANDLES,
        memory=PriceMemory(),
    )
    stored = sum(isinstance(one, PriceCollected) for commit in commits for one in commit.events)
    return {"stored": stored, "failed": failures_of(commits)}


handler = Function("warm-up", Binance, _warm_up, plugs=(*LOG, "market_data"))
