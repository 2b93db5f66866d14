"""Every 30 minutes: Fear & Greed, funding rates, Bitcoin's dominance."""

from application.market.collect_market_context import collect_market_context
from application.troubles import failures_of
from entrypoints.aws_lambda.boundary import LOG, Call, Function
from entrypoints.aws_lambda.settings import Mood


async def _collect(call: Call) -> dict[str, object]:
    environment = call.environment
    commits = await collect_market_context(
        call.at(), log=environment.log(), market_context=environment.market_context()
    )
    return {"failed": failures_of(commits)}


handler = Function("market-context", Mood, _collect, plugs=(*LOG, "market_context"))
