"""What all of Secrets Manager's operations share: the secret that a request names, and the refusals."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from netflux.aws.secretsmanager import history
from netflux.clock import Clock
from netflux.controlplane.call import Call, Caller
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.secretsmanager import Secret, Secrets, Version, version_key

TAGS = Tagger("InvalidParameterException", "InvalidParameterException")

_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]+")
_IDENTITY = re.compile(r"[A-Za-z0-9/_+=.@!:-]+")  # names of secrets that services keep have an exclamation mark
_MOST_BYTES = 65536  # "Secrets Manager quotas", AWS Secrets Manager User Guide


@dataclass(frozen=True)
class Value:
    """A secret's value, of a request; neither is there where the request has none."""

    text: str | None
    binary: bytes | None

    @property
    def given(self) -> bool:
        return self.text is not None or self.binary is not None


class Part:
    """Handlers of one noun.

    Args:
        documents: of the region.
        clock: of the region.
        apis: KMS is asked through it whether a key can be used.
    """

    def __init__(self, documents: Documents, clock: Clock, apis: Caller) -> None:
        self.documents = documents
        self.kept = Secrets(documents)
        self.clock = clock
        self.apis = apis

    def secret(self, request: Mapping[str, Any]) -> Secret:
        """The one that the request names."""
        return self.known(request["SecretId"])

    def known(self, identity: str) -> Secret:
        """By name, ARN or partial ARN ("Finding a secret from a partial ARN", AWS Secrets Manager User Guide)."""
        if not _IDENTITY.fullmatch(identity):
            raise invalid_name(identity)
        found = self.kept.find(identity)
        if found is None:
            raise absent("Secrets Manager can't find the specified secret.")
        return found

    def usable(self, request: Mapping[str, Any]) -> Secret:
        """The one that the request names, which is not to be deleted."""
        found = self.secret(request)
        if found.deletion is not None:
            raise wrong_state(
                "You can't perform this operation on the secret because it was marked for deletion. "
                f"Call RestoreSecret for {found.name} first."
            )
        return found

    def own(self, request: Mapping[str, Any]) -> Secret:
        """The one that the request names, which the account may change."""
        found = self.usable(request)
        check_owner(found)
        return found

    def touch(self, secret: Secret, **changes: Any) -> Secret:
        """Keeps a secret that was changed now."""
        changed = replace(secret, changed=self.now(), **changes)
        self.kept.secrets.put(changed)
        return changed

    def add_version(self, secret: Secret, version: str, given: Value, labels: Sequence[str]) -> None:
        """Keeps a value under the labels; the oldest versions without any make room.

        Raises:
            AwsError: there are as many versions, or labels, as a secret may have.
        """
        now, versions = self.now(), self.kept.of(secret)
        gone = history.to_remove(versions, now, self.clock.speed)
        history.check(versions, gone, labels)
        for one in gone:
            self.kept.versions.delete(version_key(secret.arn, one.id))
        self.kept.add(Version(secret.arn, version, now, (), given.text, given.binary, secret.key), labels)

    def now(self) -> datetime:
        return self.clock.now()


def inside(call: Call) -> bool:
    """Whether a part of the region calls, such as CloudFormation, which sets tags that users may not."""
    return call.access_key is None


def check_owner(secret: Secret) -> None:
    """Refuses a change of what a service manages ("Secrets managed by other AWS services", Secrets Manager guide)."""
    if secret.owner:
        raise wrong_state(
            f"The secret {secret.name} is managed by another service, {secret.owner}, and you must use that service "
            "to change it."
        )


def check_name(name: str) -> None:
    """Refuses a new secret's name."""
    if not _NAME.fullmatch(name):
        raise invalid_name(name)


def invalid_name(name: str) -> AwsError:
    """ValidationException."""
    return AwsError(
        "ValidationException",
        f"Invalid name {name!r}. Must be a valid name containing alphanumeric characters, or any of the following: "
        "-/_+=.@",
    )


def value(request: Mapping[str, Any]) -> Value:
    """What a request gives as the secret's value."""
    found = Value(request.get("SecretString"), request.get("SecretBinary"))
    if found.text is not None and found.binary is not None:
        raise wrong("You can't specify both a binary secret value and a string secret value in the same secret.")
    size = len(found.text.encode()) if found.text is not None else len(found.binary or b"")
    if size > _MOST_BYTES:
        raise AwsError(
            "ValidationException", f"The secret value is {size} bytes long. The most that a secret takes is 65536."
        )
    return found


def token(request: Mapping[str, Any]) -> str:
    """The id of the version that a request makes."""
    return str(request.get("ClientRequestToken") or uuid.uuid4())


def absent(message: str) -> AwsError:
    """ResourceNotFoundException."""
    return AwsError("ResourceNotFoundException", message)


def wrong(message: str) -> AwsError:
    """InvalidParameterException."""
    return AwsError("InvalidParameterException", message)


def wrong_state(message: str) -> AwsError:
    """InvalidRequestException."""
    return AwsError("InvalidRequestException", message)


def exists(message: str) -> AwsError:
    """ResourceExistsException."""
    return AwsError("ResourceExistsException", message)


def token_in_use(secret: Secret, version: str) -> AwsError:
    """ResourceExistsException: a version's value never changes."""
    return exists(
        f"You can't use ClientRequestToken {version} because that value is already in use for a version of secret "
        f"{secret.arn}."
    )


def invalid_token() -> AwsError:
    """InvalidNextTokenException."""
    return AwsError("InvalidNextTokenException", "The NextToken value is invalid. Use one that an answer has given.")
