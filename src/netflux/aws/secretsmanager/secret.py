"""Secrets: made, told, changed, deleted with a recovery window, restored, tagged."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from netflux.aws.secretsmanager import keys
from netflux.aws.secretsmanager.part import (
    TAGS,
    Part,
    Value,
    check_name,
    check_owner,
    exists,
    inside,
    token,
    token_in_use,
    value,
    wrong,
    wrong_state,
)
from netflux.aws.secretsmanager.shape import described, names
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.operation import operation
from netflux.resources.secretsmanager import CURRENT, PENDING, PREVIOUS, Secret, Version, new_arn

if TYPE_CHECKING:
    from types_boto3_secretsmanager.type_defs import (
        CreateSecretRequestTypeDef,
        DeleteSecretRequestTypeDef,
        DescribeSecretRequestTypeDef,
        RestoreSecretRequestTypeDef,
        TagResourceRequestTypeDef,
        UntagResourceRequestTypeDef,
        UpdateSecretRequestTypeDef,
    )

_PARTNER = "Leave it out: secrets of partners are rotated by AWS, which is not here."
_REPLICAS = "Leave it out: this cloud has one region, so there is nowhere to keep a replica."
_LEAST_DAYS, _MOST_DAYS, _DAYS = 7, 30, 30  # "DeleteSecret", Secrets Manager API Reference
_MOST_SECRETS = 500_000  # "Secrets Manager quotas", AWS Secrets Manager User Guide


class SecretOperations(Part):
    """Handlers of secrets."""

    @operation(
        "Name ClientRequestToken Description KmsKeyId SecretBinary SecretString Tags(Key Value)",
        neutral={"ForceOverwriteReplicaSecret": "There are no replicas that it could overwrite."},
        refused={
            "AddReplicaRegions": _REPLICAS,
            "Type": _PARTNER,
            "CrossAccountPrimaryARN": "Leave it out: this cloud has one account.",
        },
    )
    async def create_secret(self, call: Call, request: CreateSecretRequestTypeDef) -> dict[str, Any]:
        """The same call again, with the same token and value, answers as the first did ("CreateSecret", Secrets
        Manager API Reference).
        """
        name, given = request["Name"], value(request)
        check_name(name)
        tags = TAGS.read(request.get("Tags"), inside(call))
        await keys.check_encrypting(self.apis, request.get("KmsKeyId", ""))
        with self.documents.transaction():
            version = token(request)
            existing = self.kept.named(name)
            if existing is not None:
                return self._again(existing, version, given)
            if len(self.kept.secrets) >= _MOST_SECRETS:
                raise wrong_state(f"The account has {_MOST_SECRETS} secrets, and can't have more.")
            now, key = self.now(), keys.own(request.get("KmsKeyId", ""))
            description = request.get("Description", "")
            made = Secret(new_arn(name, call.account, call.region), name, now, now, description, key, tags)
            self.kept.secrets.put(made)
            if not given.given:
                return names(made)
            self.kept.add(Version(made.arn, version, now, (), given.text, given.binary, key), (CURRENT,))
            return {**names(made), "VersionId": version}

    def _again(self, existing: Secret, version: str, given: Value) -> dict[str, Any]:
        if existing.deletion is not None:
            raise wrong_state(
                "You can't create this secret because a secret with this name is already scheduled for deletion. "
                f"Call RestoreSecret for {existing.name}, or take another name."
            )
        known = self.kept.version(existing, version)
        if known is None or not given.given:
            raise exists(f"The operation failed because the secret {existing.name} already exists.")
        if (known.text, known.binary) != (given.text, given.binary):
            raise token_in_use(existing, version)
        return {**names(existing), "VersionId": version}

    @operation("SecretId")
    def describe_secret(self, call: Call, request: DescribeSecretRequestTypeDef) -> dict[str, Any]:
        """Also of one that is scheduled for deletion."""
        secret = self.secret(request)
        stages = {version.id: [*version.stages] for version in self.kept.of(secret) if version.stages}
        return described(secret) | ({"VersionIdsToStages": stages} if stages else {})

    @operation(
        "SecretId ClientRequestToken Description KmsKeyId SecretBinary SecretString",
        refused={"Type": _PARTNER},
    )
    async def update_secret(self, call: Call, request: UpdateSecretRequestTypeDef) -> dict[str, Any]:
        """A new key encrypts the versions anew that are current, pending or previous ("UpdateSecret", Secrets Manager
        API Reference).
        """
        given = value(request)
        self.own(request)
        await keys.check_encrypting(self.apis, request.get("KmsKeyId", ""))
        with self.documents.transaction():
            secret = self.own(request)
            key = keys.own(request["KmsKeyId"]) if "KmsKeyId" in request else secret.key
            secret = self.touch(secret, description=request.get("Description", secret.description), key=key)
            if "KmsKeyId" in request:
                self.encrypt_anew(secret)
            if not given.given:
                return names(secret)
            version = token(request)
            known = self.kept.version(secret, version)
            if known is None:
                self.add_version(secret, version, given, (CURRENT,))
            elif (known.text, known.binary) != (given.text, given.binary):
                raise token_in_use(secret, version)
            return {**names(secret), "VersionId": version}

    def encrypt_anew(self, secret: Secret) -> None:
        """The versions that can still become current have the secret's key."""
        for version in self.kept.of(secret):
            if {CURRENT, PENDING, PREVIOUS} & {*version.stages} and version.key != secret.key:
                self.kept.versions.put(replace(version, key=secret.key))

    @operation("SecretId RecoveryWindowInDays ForceDeleteWithoutRecovery")
    def delete_secret(self, call: Call, request: DeleteSecretRequestTypeDef) -> dict[str, Any]:
        """The secret goes at its date, or at once where that is forced, which does not fail when there is none
        ("DeleteSecret", Secrets Manager API Reference).
        """
        days, forced = request.get("RecoveryWindowInDays"), request.get("ForceDeleteWithoutRecovery", False)
        if days is not None and not _LEAST_DAYS <= days <= _MOST_DAYS:
            raise wrong("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
        if forced and days is not None:
            raise wrong("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
        if forced:
            return self._removed(call, request["SecretId"])
        secret = self.own(request)
        date = self.clock.calendar() + timedelta(days=_DAYS if days is None else days)
        self.touch(secret, deletion=date)
        return {**names(secret), "DeletionDate": date}

    def _removed(self, call: Call, identity: str) -> dict[str, Any]:
        now, found = self.clock.calendar(), self.kept.find(identity)
        if found is None:
            name = identity.split(":", 6)[-1]
            given = arn("secretsmanager", f"secret:{name}", call.account, call.region)
            return {"ARN": given, "Name": name, "DeletionDate": now}
        check_owner(found)
        self.kept.remove(found)
        return {**names(found), "DeletionDate": now}

    @operation("SecretId")
    def restore_secret(self, call: Call, request: RestoreSecretRequestTypeDef) -> dict[str, Any]:
        """It stays, and its values can be read again."""
        secret = self.secret(request)
        check_owner(secret)
        return names(self.touch(secret, deletion=None))

    @operation("SecretId Tags(Key Value)")
    def tag_resource(self, call: Call, request: TagResourceRequestTypeDef) -> dict[str, Any]:
        """A tag replaces the one of its key."""
        secret = self.usable(request)
        self.touch(secret, tags=TAGS.merged(secret.tags, TAGS.read(request["Tags"], inside(call))))
        return {}

    @operation("SecretId TagKeys")
    def untag_resource(self, call: Call, request: UntagResourceRequestTypeDef) -> dict[str, Any]:
        """Keys that the secret has not are no error."""
        secret = self.usable(request)
        self.touch(secret, tags={key: text for key, text in secret.tags.items() if key not in request["TagKeys"]})
        return {}
