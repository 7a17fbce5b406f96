"""What KMS's operations share: the key that a request names, its state, refusals, pages."""

from __future__ import annotations

import json
import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from netflux.aws.kms import material
from netflux.clock import Clock
from netflux.controlplane.authentication.keys import Keys as AccessKeys
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.paging import page
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.kmskeys import DISABLED, ENABLED, Alias, Key, Keys, Material

Request = dict[str, Any]
"""As botocore shapes it."""
TAGS = Tagger("TagException", "TagException")
GRANT_TOKENS = {"GrantTokens": "A grant is in force as soon as it is made, so no token has to prove it."}
REHEARSED = {**GRANT_TOKENS, "DryRun": "The kernel rehearses the call."}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MANAGED = frozenset({
    "acm", "backup", "cloud9", "codebuild", "codecommit", "codepipeline", "dms", "dynamodb", "ebs", "ecr",
    "elasticfilesystem", "es", "fsx", "glue", "kinesis", "kinesisvideo", "lambda", "logs", "rds", "redshift", "s3",
    "secretsmanager", "sns", "sqs", "ssm", "workspaces", "xray",
})  # fmt: skip
_BAD_MARKER = AwsError("InvalidMarkerException", "The marker is invalid. Use one that an answer has given.")


class Part:
    """Handlers of one noun.

    Args:
        documents: of the region.
        clock: of the region.
        place: region and account.
        users: tell who calls.
    """

    def __init__(self, documents: Documents, clock: Clock, place: tuple[str, str], users: AccessKeys) -> None:
        self.documents = documents
        self.kept = Keys(documents)
        self.clock = clock
        self.region, self.account = place
        self._users = users

    def key(self, written: str) -> Key:
        """The key of an id, an ARN, an alias or an alias's ARN; NotFoundException where there is none."""
        text = written
        if text.startswith("arn:"):
            parts = text.split(":", 5)
            if len(parts) < 6 or parts[2] != "kms":
                raise AwsError("InvalidArnException", f"Invalid arn {parts[3] if len(parts) > 3 else text}")
            if (parts[3], parts[4]) != (self.region, self.account):
                raise absent(text)
            text = parts[5].removeprefix("key/")
        if text.startswith("alias/"):
            alias = self.kept.aliases.get(text)
            if alias is None and text.removeprefix("alias/aws/") in _MANAGED:
                return self._managed(text)
            found = self.kept.keys.get(alias.key) if alias is not None else None
            if found is None:
                raise AwsError("NotFoundException", f"Alias {self.alias_arn(text)} is not found.")
            return found
        found = self.kept.keys.get(text)
        if found is None:
            raise absent(self.key_arn(text) if _UUID.fullmatch(text) else f"'{text}'")
        return found

    def own(self, written: str) -> Key:
        """The same for what changes a key, which takes no alias and changes none of AWS's."""
        if written.startswith("alias/") or ":alias/" in written:
            raise AwsError("NotFoundException", f"Invalid keyId {written}")
        found = self.key(written)
        if found.manager == "AWS":
            raise AwsError("AccessDeniedException", f"The key {found.arn} is managed by AWS and can't be changed.")
        return found

    def usable(self, call: Call, written: str, *usages: str) -> Key:
        """The key of a request that encrypts, signs or authenticates with it.

        Raises:
            AwsError: it is not there, not enabled, for something else, or AWS's, which services alone use.
        """
        found = self.key(written)
        if found.manager == "AWS" and call.access_key is not None:
            raise AwsError(
                "AccessDeniedException",
                f"The key {found.arn} is managed by AWS: its policy allows services to use it, and nobody else.",
            )
        check_enabled(found)
        if usages and found.usage not in usages:
            raise AwsError("InvalidKeyUsageException", f"{found.arn} key usage is {found.usage} which is not valid for "
                           f"{call.operation}.")  # fmt: skip
        return found

    def key_arn(self, identifier: str) -> str:
        """Of a key's id."""
        return arn("kms", f"key/{identifier}", self.account, self.region)

    def alias_arn(self, name: str) -> str:
        """Of an alias."""
        return arn("kms", name, self.account, self.region)

    def secret(self, key: Key, number: int = 0) -> bytes:
        """A material of a key; the one that encrypts now where no number is given."""
        found = self.kept.materials.get(f"{key.id} {number or key.material}")
        if found is None:
            raise AwsError("InvalidCiphertextException", "")
        return material.read(found.secret)

    def made(self, key: Key) -> Key:
        """Keeps a new key with its first material."""
        self.kept.keys.put(key)
        self.kept.materials.put(Material(key.id, 1, material.written(material.fresh(key.spec))))
        return key

    def default_policy(self) -> str:
        """The account may do everything, and let its users ("Default key policy", AWS KMS Developer Guide)."""
        principal = {"AWS": f"arn:aws:iam::{self.account}:root"}
        statement = {"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": principal,
                     "Action": "kms:*", "Resource": "*"}  # fmt: skip
        return json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]})

    def principal(self, call: Call) -> str:
        """ARN of who calls."""
        key = self._users.known(call.access_key) if call.access_key else None
        return key.principal.name if key is not None else f"arn:aws:iam::{self.account}:root"

    def _managed(self, alias: str) -> Key:
        """The key of an alias of AWS's, which is made when it is first asked for."""
        identifier, now = str(uuid.uuid4()), self.clock.now()
        service = alias.removeprefix("alias/aws/")
        condition = {"kms:CallerAccount": self.account, "kms:ViaService": f"{service}.{self.region}.amazonaws.com"}
        statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*",
                     "Condition": {"StringEquals": condition}}  # fmt: skip
        made = Key(
            identifier,
            self.key_arn(identifier),
            "ENCRYPT_DECRYPT",
            "SYMMETRIC_DEFAULT",
            json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
            now,
            description=f"Default key that protects what {service} keeps when no other key is defined",
            manager="AWS",
        )
        with self.kept.transaction():
            self.made(made)
            self.kept.aliases.put(Alias(alias, self.alias_arn(alias), identifier, now, now))
        return made


def check_enabled(key: Key) -> None:
    """Raises where the key's state forbids cryptography ("Key states of AWS KMS keys", AWS KMS Developer Guide)."""
    if key.state == DISABLED:
        raise AwsError("DisabledException", f"{key.arn} is disabled.")
    if key.state != ENABLED:
        raise invalid_state(key)


def invalid_state(key: Key) -> AwsError:
    """KMSInvalidStateException."""
    words = "pending deletion" if key.deletion is not None else key.state.lower()
    return AwsError("KMSInvalidStateException", f"{key.arn} is {words}.")


def absent(name: str) -> AwsError:
    """NotFoundException."""
    said = f"Invalid keyId {name}" if name.startswith("'") else f"Key {name} does not exist"
    return AwsError("NotFoundException", said)


def listed(name: str, found: Sequence[Any], request: Mapping[str, Any], most: int = 100) -> dict[str, Any]:
    """A page as KMS tells it."""
    shown, following = page(found, request.get("Marker"), request.get("Limit") or most, _BAD_MARKER)
    return {name: shown, "Truncated": bool(following), **({"NextMarker": following} if following else {})}


def fresh_token() -> str:
    """Of a grant."""
    return secrets.token_hex(32)
