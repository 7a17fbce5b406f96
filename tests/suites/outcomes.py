"""A plugin for pytest, in another project's tests: what came of each of them, strictly, in one line.

    python -m pytest -p outcomes

Each worker has a control plane of its own, since a test begins by emptying it: worker n asks the n-th of the ports in
NETFLUX_SUITE_PORTS. The outcomes are written to the file in NETFLUX_SUITE_OUTCOMES.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.httpsession
import pytest
from botocore.exceptions import ClientError

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))

REFUSALS = {"InvalidAction", "InvalidRegion", "NotImplemented", "UnknownOperationException", "UnknownService"}
"""Codes by which the region says that it does not have what is asked for."""
KEY = "outcome"


class Calls:
    """What the test of now has asked.

    Attributes:
        sent: how many calls went to the region.
        last: the last error that it answered with.
    """

    def __init__(self) -> None:
        self.sent = 0
        self.last: ClientError | None = None

    def forget(self) -> None:
        """A test begins."""
        self.sent, self.last = 0, None


CALLS = Calls()


def pytest_configure() -> None:
    """Before the tests are read: moto asks for the endpoint then."""
    endpoint = f"http://127.0.0.1:{os.environ['NETFLUX_SUITE_PORTS'].split(',')[WORKER]}"
    os.environ["TEST_SERVER_MODE_ENDPOINT"] = endpoint
    send, init = botocore.httpsession.URLLib3Session.send, ClientError.__init__

    def counted(session: Any, request: Any) -> Any:
        CALLS.sent += request.url.startswith(endpoint)
        return send(session, request)

    def noted(error: ClientError, *args: Any, **kwargs: Any) -> None:
        init(error, *args, **kwargs)
        CALLS.last = error

    botocore.httpsession.URLLib3Session.send = counted  # type: ignore[method-assign]
    ClientError.__init__ = noted  # type: ignore[method-assign]


def pytest_runtest_setup() -> None:
    CALLS.forget()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Puts the outcome on the report, which travels from the worker."""
    report: Any = yield
    if call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
        outcome = judged(call.excinfo.value)
    elif report.skipped:
        outcome = ("skipped", str(report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr))
    elif report.when == "call":
        outcome = ("passed", "") if CALLS.sent else ("skipped", "It asks the region nothing.")
    else:
        return report
    report.user_properties.append((KEY, outcome))
    return report


def judged(error: BaseException) -> tuple[str, str]:
    """Refused by name, or failed; with the reason in a line.

    A test is refused by name when it ended because the region said so: the error itself, or the comparison of its code
    or text with another one. What a test's cleaning up raises after that is not the reason.
    """
    while error.__context__ is not None and not error.__suppress_context__:
        error = error.__context__
    last = CALLS.last
    if isinstance(error, ClientError):
        return ("refused by name" if refusal(error) else "failed"), line(error)
    if last is not None and isinstance(error, AssertionError) and refusal(last) and told(last, str(error)):
        return "refused by name", line(last)
    return "failed", f"{type(error).__name__}: {line(error)}"


def told(last: ClientError, text: str) -> bool:
    """Whether a comparison that failed is about this error: its code, its text or its status."""
    status = str(last.response.get("ResponseMetadata", {}).get("HTTPStatusCode"))
    return any(
        part in text for part in (code(last), last.response["Error"].get("Message", "\0"), f"assert {status} ==")
    )


def code(error: ClientError) -> str:
    return str(error.response["Error"].get("Code", ""))


def refusal(error: ClientError) -> bool:
    """Whether the region says that it does not have this; AWS has a code UnsupportedOperation of its own."""
    ours = " is not supported by Netflux." in str(error)
    return ours or code(error) in REFUSALS


def line(error: BaseException) -> str:
    lines = [one.strip() for one in str(error).splitlines() if one.strip()]
    return " ".join(lines[:3])[:300] or type(error).__name__


class Gathered:
    """The outcomes of all workers, in the one that leads."""

    def __init__(self) -> None:
        self.outcomes: dict[str, tuple[str, str]] = {}

    def add(self, report: Any) -> None:
        outcome = dict(report.user_properties).get(KEY)
        name = "::".join((Path(report.nodeid.partition("::")[0]).stem, report.nodeid.partition("::")[2]))
        earlier = self.outcomes.get(name, ("passed", ""))
        if outcome is not None and earlier[0] in ("passed", "skipped"):
            self.outcomes[name] = tuple(outcome)
        elif report.failed and outcome is None:
            self.outcomes[name] = ("failed", str(report.longrepr).strip().splitlines()[-1][:300])


GATHERED = Gathered()


def pytest_runtest_logreport(report: Any) -> None:
    """Keeps what is known so far: the run may be ended."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    GATHERED.add(report)
    Path(os.environ["NETFLUX_SUITE_OUTCOMES"]).write_text(json.dumps(GATHERED.outcomes))
