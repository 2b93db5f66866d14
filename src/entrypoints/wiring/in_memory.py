"""Everything in this process and nothing kept: tests, backtests, simulations."""

from typing import Any

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.read_models.in_memory import InMemoryReadModels
from entrypoints.wiring.environment import Environment
from entrypoints.wiring.injector import providers


def in_memory(**given: Any) -> Environment:
    """The reference environment; `given` replaces providers by name."""
    container = Environment()
    container.override_providers(
        clock=providers.Singleton(SimulatedClock),
        tables=providers.Singleton(InMemoryReadModels, container.clock),
        event_store=providers.Singleton(InMemoryEventStore, container.tables),
        notifier=providers.Singleton(InMemoryNotifier),
    )
    container.override_providers(**given)
    return container
