"""Every 30 minutes: two calls of CryptoPanic become a sentiment of each coin."""

from adapters.news_feed.lexicon import load_lexicon
from application.market.collect_news import collect_news
from application.troubles import failures_of
from entrypoints.aws_lambda.boundary import LOG, Call, Function
from entrypoints.aws_lambda.settings import NewsCollector


async def _collect(call: Call) -> dict[str, object]:
    environment = call.environment
    feed = environment.news_feed()
    if feed is None:
        return {"configured": False, "failed": {}}
    commits = await collect_news(
        call.at(),
        instruments=environment.instruments(),
        log=environment.log(),
        news_feed=feed,
        lexicon=load_lexicon(),
        parameters=environment.parameters(),
    )
    return {"configured": True, "failed": failures_of(commits)}


handler = Function("news-collector", NewsCollector, _collect, plugs=(*LOG, "news_feed"))
