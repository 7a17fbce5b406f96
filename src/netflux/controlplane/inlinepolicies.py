"""Policies without a Version, which IAM takes inline and moto does not.

The element's default is 2008-10-17 ("IAM JSON policy elements: Version"); only managed policies must name 2012-10-17.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

_MANAGED = {"create_policy": 2, "create_policy_version": 1}
"""moto's operations on managed policies, and the place of the document among their arguments; all others that take one
are on inline policies.
"""


@functools.cache
def accept() -> None:
    """From now on moto takes them. Runs on moto's thread, before its first call of IAM."""
    from moto.iam import models
    from moto.iam.policy_validation import IAMPolicyDocumentValidator

    class Inline(IAMPolicyDocumentValidator):  # type: ignore[misc]
        def _validate_version(self) -> None:
            """A version that is there was checked with the syntax."""

    models.IAMPolicyDocumentValidator = Inline
    for name, place in _MANAGED.items():
        method = getattr(models.IAMBackend, name)
        setattr(models.IAMBackend, name, _strictly(method, place, IAMPolicyDocumentValidator))


def _strictly(method: Callable[..., Any], place: int, validator: Callable[[str], Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def checked(self: Any, *given: Any) -> Any:
        validator(given[place]).validate()
        return method(self, *given)

    return checked
