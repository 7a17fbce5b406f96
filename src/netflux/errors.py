"""The errors that cross module boundaries."""

from __future__ import annotations


class AwsError(Exception):
    """An error of an AWS API, as the client will see it.

    Args:
        code: the error code of the service's model, e.g. ``DBInstanceNotFound``.
        message: says what happened, to which resource, and what to do next.
        status: the HTTP status code; AWS's default for a client error is 400.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class Unsupported(AwsError):
    """Something that AWS has and this cloud does not: refused loudly and by name, never ignored."""

    def __init__(self, what: str, instead: str = "Remove it from the request, or run this part on AWS.") -> None:
        super().__init__("UnsupportedOperation", f"{what} is not supported by Netflux. {instead}", 501)


class Retryable(Exception):
    """A reconcile pass failed and may succeed later; the message names the resource."""


class Terminal(Exception):
    """A reconcile pass failed and will fail again until the desired state changes; the message names the resource."""


class UserError(Exception):
    """A mistake or a missing part that the person at the terminal can mend.

    Args:
        message: what happened, and to what.
        hint: the next step.
        exit_code: 1 when the cloud could not do it, 2 when the request itself was wrong.
    """

    def __init__(self, message: str, hint: str = "", exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
