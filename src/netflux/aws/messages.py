"""Queues and topics as destinations of other services' events; their policies are asked."""

from __future__ import annotations

import json

from netflux.aws.destinations import Event, admit
from netflux.resources.sns.topic import default_policy
from netflux.resources.sns.topics import Topics
from netflux.resources.sqs.queues import Queues


class Messages:
    """Delivers in the caller's transaction.

    Args:
        queues: the tables.
        topics: the tables.
    """

    def __init__(self, queues: Queues, topics: Topics) -> None:
        self._queues = queues
        self._topics = topics

    def send(self, event: Event) -> None:
        """Puts the event into a queue.

        Raises:
            AwsError: there is no such queue, it does not take the message, or its policy forbids it.
        """
        queue = self._queues.find(event.arn)
        if queue is not None:
            admit(event, "sqs:SendMessage", queue.policy)
        self._queues.send(event.arn, event.body, group=event.group)

    def publish(self, event: Event) -> None:
        """Publishes the event to a topic.

        Raises:
            AwsError: there is no such topic, or its policy forbids it.
        """
        topic = self._topics.topics.get(event.arn)
        if topic is not None:
            admit(event, "sns:Publish", topic.policy or json.dumps(default_policy(topic.arn, topic.account)))
        self._topics.publish(event.arn, event.body, event.subject)
