"""What an alarm's change of state sets off: messages, invocations, and an event of EventBridge's."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from netflux.aws.cloudwatch import notice
from netflux.aws.cloudwatch.alarm import KEPT
from netflux.aws.destinations import Destinations, Event
from netflux.aws.happening import Happenings
from netflux.errors import AwsError, Unsupported
from netflux.resources.cloudwatch import Alarm

_log = logging.getLogger(__name__)
LISTS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
"""By state, the actions of who goes into it."""
POLICY = ":scalingPolicy:"
_ARN = re.compile(r"arn:aws:(sns|lambda|autoscaling):([a-z0-9-]*):([0-9]{12}):.+")
_LAMBDA = "lambda.alarms.cloudwatch.amazonaws.com"


def check(request: Mapping[str, object], region: str, destinations: Destinations) -> None:
    """Raises for actions that CloudWatch refuses, and for those that nothing here can carry out."""
    for state, name in LISTS.items():
        actions = request.get(name) or []
        assert isinstance(actions, list)
        for action in actions:
            found = _ARN.fullmatch(action)
            if found is not None and found[2] != region and found[1] != "autoscaling":
                raise AwsError("ValidationError", f"Invalid region {found[2]} specified. Only {region} is supported.")
            policy = POLICY in action and state == "ALARM" and "AlarmRule" not in request
            if not policy and (found is None or found[1] == "autoscaling" or not destinations.takes(action)):
                raise Unsupported(
                    f"the alarm action {action} in {name}",
                    "Topics and functions are told of a change of state, and AlarmActions call scaling policies.",
                )


class Transitions:
    """Tells of changes of state, in the caller's transaction.

    Attributes:
        destinations: of actions.
        happenings: of EventBridge's default bus.
    """

    def __init__(self) -> None:
        self.destinations = Destinations()
        self.happenings = Happenings()

    def tell(self, destinations: Destinations, happenings: Happenings) -> None:
        """From now on these are told."""
        self.destinations, self.happenings = destinations, happenings

    def told(self, before: Alarm, after: Alarm, now: datetime) -> Alarm:
        """The alarm with what became of its actions in its history; nothing is told while the state is the same."""
        if before.state == after.state:
            return after
        self.happenings.tell(notice.happening(before, after))
        if not after.configuration.get("ActionsEnabled", True):
            return after
        items = [
            {"at": now.isoformat(), "action": action, "error": self._acted(action, before, after)}
            for action in after.configuration.get(LISTS[after.state], [])
            if POLICY not in action
        ]
        return replace(after, history=(*items[::-1], *after.history)[:KEPT]) if items else after

    def _acted(self, action: str, before: Alarm, after: Alarm) -> str:
        """Why the action failed; empty where it did not."""
        account = {"aws:sourceowner": (after.arn.split(":")[4],)}
        event = Event(action, "", after.arn, principal="cloudwatch.amazonaws.com", context=account)
        if event.service == "sns":
            event = replace(event, body=notice.message(before, after), subject=notice.subject(before, after))
        else:
            event = replace(event, body=notice.invocation(before, after), principal=_LAMBDA)
        if not self.destinations.takes(action):
            return f"Nothing here takes events for {action}"
        try:
            self.destinations.deliver(event)
        except AwsError as error:
            _log.warning("%s: the action %s failed: %s", after.arn, action, error)
            return f"{error.code}: {error.message}"
        return ""
