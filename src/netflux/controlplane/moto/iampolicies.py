"""Where moto's IAM is narrower than IAM, made as wide: policies without a Version, and AWS's own managed policies.

Version's default is 2008-10-17 ("IAM JSON policy elements: Version"); only managed policies must name 2012-10-17.
AWS's own policies, over a thousand of them and 5 MB, would be written to the disk with each change of IAM, so a backend
gets those that somebody asks for by their ARN.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

_OWN = "arn:aws:iam::aws:policy/"
_DOCUMENTS = {"create_policy": 2, "create_policy_version": 1}
"""moto's operations on managed policies, and the place of the document among their arguments; all others that take one
are on inline policies.
"""
_ASKING = ("attach_role_policy", "attach_user_policy", "attach_group_policy", "get_policy")
"""Their first argument is an ARN; what else moto asks of a policy goes by `get_policy`."""


@functools.cache
def complete() -> None:
    """Widens moto's IAM. Runs on moto's thread, before its first call of IAM."""
    from moto.iam import models
    from moto.iam.policy_validation import IAMPolicyDocumentValidator

    class Inline(IAMPolicyDocumentValidator):  # type: ignore[misc]
        def _validate_version(self) -> None:
            """A version that is there was checked with the syntax."""

    models.IAMPolicyDocumentValidator = Inline
    backend = models.IAMBackend
    for name, place in _DOCUMENTS.items():
        setattr(backend, name, _strictly(getattr(backend, name), place, IAMPolicyDocumentValidator))
    for name in _ASKING:
        setattr(backend, name, _with_own(getattr(backend, name)))
    backend.list_policies = _with_all(backend.list_policies)


def _strictly(method: Callable[..., Any], place: int, validator: Callable[[str], Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def checked(self: Any, *given: Any) -> Any:
        validator(given[place]).validate()
        return method(self, *given)

    return checked


@functools.cache
def _own_policies() -> dict[str, dict[str, Any]]:
    """AWS's managed policies by ARN, each with its name, as moto has them."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    found: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return {f"{_OWN.rstrip('/')}{each['Path']}{name}": each | {"Name": name} for name, each in found.items()}


def _ensure(backend: Any, arn: str) -> None:
    from moto.iam.models import AWSManagedPolicy

    data = _own_policies().get(arn) if arn.startswith(_OWN) else None
    if data is not None and arn not in backend.managed_policies:
        made = AWSManagedPolicy.from_data(data["Name"], backend.account_id, backend.region_name, data)
        backend.managed_policies[arn] = made
        backend.aws_managed_policies.append(made)


def _with_own(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def asked(self: Any, policy_arn: str, *given: Any, **named: Any) -> Any:
        _ensure(self, policy_arn)
        return method(self, policy_arn, *given, **named)

    return asked


def _with_all(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def listed(self: Any, *given: Any, **named: Any) -> Any:
        kept, own = dict(self.managed_policies), list(self.aws_managed_policies)
        for arn in _own_policies():
            _ensure(self, arn)
        try:
            return method(self, *given, **named)
        finally:
            self.managed_policies, self.aws_managed_policies = kept, own

    return listed
