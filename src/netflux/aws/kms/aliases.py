"""Names of keys, and grants."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import Any

from netflux.aws.kms.part import REHEARSED, Part, Request, fresh_token, invalid_state, listed
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.kmskeys import PENDING_DELETION, Alias, Grant, Key

_NAME = re.compile(r"alias/[A-Za-z0-9/_-]{1,250}")
_SERVICE = "Grants are for principals of the account here: give GranteePrincipal."


class Aliases(Part):
    """Handlers of aliases and grants."""

    @operation("AliasName TargetKeyId")
    def create_alias(self, _call: Call, request: Request) -> dict[str, Any]:
        """One that is there stays ("CreateAlias", AWS KMS API Reference)."""
        name = self._name(request)
        if name in self.kept.aliases:
            raise AwsError("AlreadyExistsException", f"An alias with the name {self.alias_arn(name)} already exists")
        key, now = self._target(request), self.clock.now()
        self.kept.aliases.put(Alias(name, self.alias_arn(name), key.id, now, now))
        return {}

    @operation("AliasName TargetKeyId")
    def update_alias(self, _call: Call, request: Request) -> dict[str, Any]:
        """To a key of the same kind."""
        alias, key = self._alias(self._name(request)), self._target(request)
        before = self.kept.keys.get(alias.key)
        if before is not None and (before.usage, before.spec == key.spec) != (key.usage, True):
            raise AwsError("ValidationException", f"Alias {alias.arn} can't be moved to a key of another kind.")
        self.kept.aliases.put(replace(alias, key=key.id, updated=self.clock.now()))
        return {}

    @operation("AliasName")
    def delete_alias(self, _call: Call, request: Request) -> dict[str, Any]:
        """The key stays."""
        self.kept.aliases.delete(self._alias(self._name(request)).name)
        return {}

    @operation("KeyId Limit Marker")
    def list_aliases(self, _call: Call, request: Request) -> dict[str, Any]:
        """Of a key, or all of them."""
        wanted = request.get("KeyId")
        found = self.kept.aliases.where("key", self.key(wanted).id) if wanted else [*self.kept.aliases]
        told = [
            {
                "AliasName": one.name,
                "AliasArn": one.arn,
                "TargetKeyId": one.key,
                "CreationDate": one.created,
                "LastUpdatedDate": one.updated,
            }
            for one in sorted(found, key=lambda one: one.name)
        ]
        return listed("Aliases", told, request, 50)

    def _name(self, request: Request) -> str:
        name = str(request["AliasName"])
        if name.startswith("alias/aws/"):
            raise AwsError("NotAuthorizedException", "Aliases that begin with alias/aws/ are AWS's.")
        if not _NAME.fullmatch(name):
            raise AwsError(
                "InvalidAliasNameException" if name.startswith("alias/") else "ValidationException",
                f"{name} is no alias: it begins with alias/ and has letters, digits, slashes, underscores and hyphens.",
            )
        return name

    def _target(self, request: Request) -> Key:
        key = self.own(request["TargetKeyId"])
        if key.state == PENDING_DELETION:
            raise invalid_state(key)
        return key

    def _alias(self, name: str) -> Alias:
        found = self.kept.aliases.get(name)
        if found is None:
            raise AwsError("NotFoundException", f"Alias {self.alias_arn(name)} is not found.")
        return found

    @operation(
        "KeyId GranteePrincipal RetiringPrincipal Operations Constraints(EncryptionContextSubset "
        "EncryptionContextEquals) Name",
        neutral=REHEARSED,
        refused={
            "GranteeServicePrincipal": _SERVICE,
            "RetiringServicePrincipal": _SERVICE,
            "Constraints.SourceArn": _SERVICE,
        },
    )
    def create_grant(self, call: Call, request: Request) -> dict[str, Any]:
        """One with the same name and members is the answer ("CreateGrant", AWS KMS API Reference)."""
        key = self.own(request["KeyId"])
        if key.state == PENDING_DELETION:
            raise invalid_state(key)
        limits = request.get("Constraints") or {}
        made = Grant(
            secrets.token_hex(32),
            key.id,
            fresh_token(),
            tuple(request["Operations"]),
            request.get("GranteePrincipal") or "",
            self.clock.now(),
            retiring=request.get("RetiringPrincipal") or "",
            name=request.get("Name") or "",
            issuer=self.principal(call),
            equals=dict(limits.get("EncryptionContextEquals") or {}),
            subset=dict(limits.get("EncryptionContextSubset") or {}),
        )
        if not made.grantee:
            raise AwsError("ValidationException", "GranteePrincipal is required.")
        for known in self.kept.grants.where("key", key.id) if made.name else ():
            if replace(made, id=known.id, token=known.token, created=known.created) == known:
                return {"GrantId": known.id, "GrantToken": known.token}
        self.kept.grants.put(made)
        return {"GrantId": made.id, "GrantToken": made.token}

    @operation("Limit Marker KeyId GrantId GranteePrincipal", refused={"GranteeServicePrincipal": _SERVICE})
    def list_grants(self, _call: Call, request: Request) -> dict[str, Any]:
        """Of a key."""
        key = self.key(request["KeyId"])
        found = [
            self._shown(one)
            for one in self.kept.grants.where("key", key.id)
            if request.get("GrantId") in (None, one.id) and request.get("GranteePrincipal") in (None, one.grantee)
        ]
        return listed("Grants", found, request, 50)

    @operation("Limit Marker RetiringPrincipal", refused={"RetiringServicePrincipal": _SERVICE})
    def list_retirable_grants(self, _call: Call, request: Request) -> dict[str, Any]:
        """Those that a principal may retire."""
        found = self.kept.grants.where("retiring", request.get("RetiringPrincipal") or " ")
        return listed("Grants", [self._shown(one) for one in found], request, 50)

    @operation("KeyId GrantId", neutral={"DryRun": REHEARSED["DryRun"]})
    def revoke_grant(self, _call: Call, request: Request) -> dict[str, Any]:
        """In force at once."""
        key = self.own(request["KeyId"])
        self.kept.grants.delete(self._grant(key, request["GrantId"]).id)
        return {}

    @operation("GrantToken KeyId GrantId", neutral={"DryRun": REHEARSED["DryRun"]})
    def retire_grant(self, _call: Call, request: Request) -> dict[str, Any]:
        """By its token, or by key and id."""
        token = request.get("GrantToken")
        if token:
            found = next(iter(self.kept.grants.where("token", token)), None)
            if found is None:
                raise AwsError("InvalidGrantTokenException", "The grant token is invalid.")
        else:
            found = self._grant(self.key(request.get("KeyId") or "''"), request.get("GrantId") or "")
        self.kept.grants.delete(found.id)
        return {}

    def _grant(self, key: Key, identifier: str) -> Grant:
        found = self.kept.grants.get(identifier)
        if found is None or found.key != key.id:
            raise AwsError("NotFoundException", f"Grant {identifier} is not found.")
        return found

    def _shown(self, one: Grant) -> dict[str, Any]:
        limits: dict[str, Any] = {}
        if one.subset:
            limits["EncryptionContextSubset"] = one.subset
        if one.equals:
            limits["EncryptionContextEquals"] = one.equals
        return {
            "KeyId": self.key_arn(one.key),
            "GrantId": one.id,
            "CreationDate": one.created,
            "GranteePrincipal": one.grantee,
            "IssuingAccount": f"arn:aws:iam::{self.account}:root",
            "Operations": [*one.operations],
            **({"RetiringPrincipal": one.retiring} if one.retiring else {}),
            **({"Name": one.name} if one.name else {}),
            **({"Constraints": limits} if limits else {}),
        }
