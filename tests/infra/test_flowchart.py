"""The picture in the documents is the template's, and a change of the stack changes it."""

import json

from infra.flowchart import OUTSIDE, PAGE, chart, page
from tests.infra.given import template


def test_the_page_is_what_the_template_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python infra/flowchart.py"


def test_what_is_added_to_the_stack_is_drawn() -> None:
    found = json.loads(json.dumps(template()))
    before = chart(found, {})
    assert "OrderExecutor -->|R/W| TableTablepositions" in before
    for one in found["Resources"].values():
        if one["Type"] == "AWS::DynamoDB::Table":
            one["Properties"]["TableName"] = one["Properties"]["TableName"].replace("pos", "Pos")
    found["Resources"]["Extra"] = {
        "Type": "AWS::SQS::Queue", "Properties": {"QueueName": "eth-trading-extra"}
    }  # fmt: skip
    after = chart(found, {"technical": ("SLACK_WEBHOOK_URL",)})
    assert 'Extra[["extra"]]' in after
    assert "OrderExecutor -->|R/W| TableTablepositions" not in after
    assert "Technical --> SlackWebhookUrl" in after
    assert all(words in after for words in OUTSIDE.values())
