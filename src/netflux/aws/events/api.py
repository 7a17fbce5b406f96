"""The operations of EventBridge; one without a method here is refused by name: archives, pipes, API destinations."""

from __future__ import annotations

from netflux.aws.events.buses import Buses
from netflux.aws.events.putting import Putting
from netflux.aws.events.rules import Rules


class EventsApi(Buses, Rules, Putting):
    """Handlers of EventBridge."""

    service = "events"
    whole = True
