"""Slack, where a function has the webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.notifier.several import Several
from adapters.notifier.slack.webhook import SlackNotifier, slack_client
from entrypoints.wiring.cloud.lines import transport

if TYPE_CHECKING:
    from application.ports.clock import Clock
    from application.ports.notifier import Notifier


def notifier(settings: Any, clock: Clock) -> Notifier:
    """The webhook; without one nobody is told but the log."""
    if not settings.slack_webhook_url:
        return Several(())
    return SlackNotifier(
        settings.slack_webhook_url,
        client=slack_client(transport()),
        clock=clock,
        language=settings.message_language,
    )
