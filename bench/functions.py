"""Functions of Lambda: cold start, warm call, what 50 idle ones cost, and 1,000 queued calls through a kill -9.

.venv/bin/python -m bench.functions
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import statistics
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from tests.behaviours.cloud import Cloud, descendants, free_port, wait_for

COLD, WARM, IDLE, QUEUED = 9, 200, 50, 1000
WATCHED = 10.0
"""Seconds for which idle functions are watched."""
ROLE = "arn:aws:iam::123456789012:role/bench"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
TELLS = """
import boto3
client = boto3.client("sqs")
def handler(event, context):
    client.send_message(QueueUrl="ran", MessageBody=str(event))
"""
_TICK = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Prints each figure with its limit; exits with 1 when one was passed."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        cloud = Cloud(free_port(), Path(directory) / "s", ("--empty",))
        cloud.up()
        try:
            cloud.boto3("iam").create_role(RoleName="bench", AssumeRolePolicyDocument=json.dumps(TRUST))
            for policy in ("service-role/AWSLambdaBasicExecutionRole", "AmazonSQSFullAccess"):
                arn = f"arn:aws:iam::aws:policy/{policy}"
                cloud.boto3("iam").attach_role_policy(RoleName="bench", PolicyArn=arn)
            passed = [_cold(cloud), _warm(cloud), _idle(cloud), _queued(cloud)]
        finally:
            cloud.down()
    sys.exit(0 if all(passed) else 1)


def _make(cloud: Cloud, name: str, code: str = "def handler(event, context): return event\n") -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("index.py", code)
    functions = cloud.boto3("lambda")
    functions.create_function(
        FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=ROLE, Code={"ZipFile": made.getvalue()}
    )
    wait_for(
        f"{name} is active", lambda: functions.get_function(FunctionName=name)["Configuration"]["State"] == "Active"
    )


def _timed(cloud: Cloud, name: str) -> float:
    """Milliseconds of one call, the client's own part included."""
    began = time.perf_counter()
    cloud.boto3("lambda").invoke(FunctionName=name, Payload=b"{}")["Payload"].read()
    return (time.perf_counter() - began) * 1000


def _line(what: str, value: float, unit: str, limit: float) -> bool:
    print(f"{what}: {value:.2f} {unit}; {value / limit:.2f} of {limit:g} {unit}", flush=True)
    return value <= limit


def _cold(cloud: Cloud) -> bool:
    for number in range(COLD):
        _make(cloud, f"cold-{number}")
    found = [_timed(cloud, f"cold-{number}") for number in range(COLD)]
    return _line(f"cold start, median of {COLD}", statistics.median(found), "ms", 300)


def _warm(cloud: Cloud) -> bool:
    """Held to the limit is the 10th percentile: of a machine that others use too, the rest is their share."""
    found = [_timed(cloud, "cold-0") for _ in range(WARM)]
    print(f"warm call, median of {WARM}: {statistics.median(found):.2f} ms")
    return _line("warm call, 10th percentile", statistics.quantiles(found, n=10)[0], "ms", 5)


def _idle(cloud: Cloud) -> bool:
    """What the functions' processes take, and what the region takes more than before there were any."""
    alone = _used(cloud)
    for number in range(IDLE):
        _make(cloud, f"idle-{number}")
        _timed(cloud, f"idle-{number}")
    time.sleep(2)  # their logs are written
    return _line(f"{IDLE} idle functions, of a core", max(0.0, _used(cloud) - alone), "%", 1)


def _used(cloud: Cloud) -> float:
    """Percent of a core that all of the cloud's processes take."""
    before = _ticks(cloud)
    time.sleep(WATCHED)
    after = _ticks(cloud)
    return 100 * sum(after[pid] - before.get(pid, 0) for pid in after) / _TICK / WATCHED


def _ticks(cloud: Cloud) -> dict[int, int]:
    found = {}
    for pid in (cloud.pid(), *descendants(cloud.pid())):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            found[pid] = int(fields[11]) + int(fields[12])
    return found


def _queued(cloud: Cloud) -> bool:
    """Each call has run at least once when the queue is empty, whatever was killed."""
    cloud.boto3("sqs").create_queue(QueueName="ran")
    _make(cloud, "tells", TELLS)
    functions = cloud.boto3("lambda")
    functions.put_function_concurrency(FunctionName="tells", ReservedConcurrentExecutions=0)  # until all are queued
    for number in range(QUEUED):
        functions.invoke(FunctionName="tells", InvocationType="Event", Payload=str(number).encode())
    functions.put_function_concurrency(FunctionName="tells", ReservedConcurrentExecutions=8)
    wait_for("a part has run", lambda: _count(cloud) >= QUEUED // 5, 300)
    at = _count(cloud)
    cloud.kill()
    cloud.up()
    ran: set[int] = set()
    wait_for("all have run", lambda: _collect(cloud, ran), 600)
    print(f"queued calls: {QUEUED} accepted, kill -9 of everything after {at} had run", flush=True)
    return _line("queued calls that were lost", QUEUED - len(ran), "calls", 1e-9)


def _count(cloud: Cloud) -> int:
    asked = {"QueueUrl": "ran", "AttributeNames": ["ApproximateNumberOfMessages"]}
    return int(cloud.boto3("sqs").get_queue_attributes(**asked)["Attributes"]["ApproximateNumberOfMessages"])


def _collect(cloud: Cloud, ran: set[int]) -> bool:
    sqs: Any = cloud.boto3("sqs")
    while found := sqs.receive_message(QueueUrl="ran", MaxNumberOfMessages=10).get("Messages"):
        ran.update(int(message["Body"]) for message in found)
        entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(found)]
        sqs.delete_message_batch(QueueUrl="ran", Entries=entries)
    return len(ran) == QUEUED


if __name__ == "__main__":
    main()
