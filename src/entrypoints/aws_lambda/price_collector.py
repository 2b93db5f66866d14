"""Every 5 minutes: closed candles go on the log; an analysis is started when one is due."""

from application.market.collect_prices import PriceMemory, collect_prices
from application.troubles import failures_of
from domain.events import PriceCollected
from entrypoints.aws_lambda.boundary import LOG, Call, Function
from entrypoints.aws_lambda.settings import PriceCollector


async def _collect(call: Call) -> dict[str, object]:
    environment = call.environment
    p = environment.parameters()
    commits = await collect_prices(
        call.at(),
        pairs=environment.instruments().pairs,
        log=environment.log(),
        market_data=environment.market_data(),
        policy=environment.policy(),
        parameters=p,
        history=max(p.forecast_candles, p.technical_candles),
        memory=PriceMemory(),
    )
    await call.react(commits)
    stored = sum(isinstance(one, PriceCollected) for commit in commits for one in commit.events)
    call.count("PricesCollected", stored)
    return {"stored": stored, "commits": len(commits), "failed": failures_of(commits)}


handler = Function(
    "price-collector", PriceCollector, _collect, plugs=(*LOG, "market_data", "analysis_starter")
)
