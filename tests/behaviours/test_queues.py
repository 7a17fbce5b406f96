"""What a sender was answered is in the queue after SIGKILL, each message once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.behaviours.cloud import Cloud, running

SENDERS, ENOUGH = 4, 60


def _send(cloud: Cloud, url: str, name: int, answered: list[str], enough: threading.Event) -> None:
    sqs = cloud.boto3("sqs")
    for number in range(10_000):
        body = f"{name} {number}"
        try:
            sqs.send_message(QueueUrl=url, MessageBody=body)
        except (BotoCoreError, ClientError):
            return
        answered.append(body)
        if len(answered) >= ENOUGH:
            enough.set()


@pytest.mark.e2e
def test_no_answered_message_is_lost_to_a_kill(tmp_path: Path) -> None:
    with running(tmp_path / "s", "--empty") as cloud:
        url = cloud.boto3("sqs").create_queue(QueueName="films")["QueueUrl"]
        answered: list[str] = []
        enough = threading.Event()
        senders = [threading.Thread(target=_send, args=(cloud, url, name, answered, enough)) for name in range(SENDERS)]
        for sender in senders:
            sender.start()
        assert enough.wait(120)
        cloud.kill()
        for sender in senders:
            sender.join(120)
        cloud.up()
        found: list[str] = []
        while messages := cloud.boto3("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [one["Body"] for one in messages]
        assert {*answered} <= {*found}
        assert len(found) == len({*found})
        assert len(found) <= len(answered) + SENDERS
