"""The figures of the owner's own document, as he wrote them."""

from typing import Final

MONTHLY: Final = {
    "Lambda": 5.00,
    "DynamoDB": 0.35,
    "Step Functions": 0.10,
    "CloudWatch": 0.55,
    "Secrets Manager": 0.50,
    "SQS/SNS/EventBridge": 0.05,
}
"""USD a month by service. They add up to 6.55; he writes about 7, and about 6 above his picture."""
TOTAL: Final = 7.0
GROWTH_TOTAL: Final = 206.0
"""With CryptoPanic's Growth plan."""
GROWTH_PLAN: Final = 199.0
COLLECTION: Final = {1: 3.0, 5: 0.6, 15: 0.2}
"""USD a month of collecting prices every so many minutes."""
ENDPOINT: Final = (3.0, 8.0)
"""USD a month of the forecast endpoint, from his comparison of ways to forecast."""
BUDGET: Final = 10.0
"""AWS alone."""
GOAL: Final = 5.0
"""With the free tier, at 288 analyses a day."""
