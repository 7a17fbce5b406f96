"""Keys: made, described, enabled, disabled, deleted; their policies, rotation and tags."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

from netflux.aws.kms import material
from netflux.aws.kms.part import GRANT_TOKENS, TAGS, Part, Request, check_enabled, invalid_state, listed
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.policy.document import PolicyError, parse
from netflux.resources.kmskeys import DISABLED, ENABLED, PENDING_DELETION, Key, Material, Rotation

_USAGES = {
    **dict.fromkeys(material.RSA, ("ENCRYPT_DECRYPT", "SIGN_VERIFY")),
    **dict.fromkeys(material.CURVES, ("SIGN_VERIFY",)),
    **dict.fromkeys(material.HMACS, ("GENERATE_VERIFY_MAC",)),
    material.SYMMETRIC: ("ENCRYPT_DECRYPT",),
}
"""By key spec, what such keys can be for here."""
_HERE = "There is one region here: leave it out."
_STORE = "There are no custom key stores here: leave it out."
_YEAR = 365
_MOST_ON_DEMAND = 25
_LOCKOUT = {"BypassPolicyLockoutSafetyCheck": "A policy that locks everybody out is taken: the account's keys get in."}


def metadata(key: Key, account: str) -> dict[str, Any]:
    """The shape KeyMetadata."""
    algorithms = [*material.algorithms(key.spec, key.usage)]
    member = {"ENCRYPT_DECRYPT": "EncryptionAlgorithms", "SIGN_VERIFY": "SigningAlgorithms"}
    return {
        "AWSAccountId": account,
        "KeyId": key.id,
        "Arn": key.arn,
        "CreationDate": key.created,
        "Enabled": key.state == ENABLED,
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": key.state,
        **({"DeletionDate": key.deletion} if key.deletion else {}),
        "Origin": "AWS_KMS",
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        member.get(key.usage, "MacAlgorithms"): algorithms,
        "MultiRegion": False,
    }


class Lifecycle(Part):
    """Handlers of keys."""

    @operation(
        "Policy Description KeyUsage CustomerMasterKeySpec KeySpec Origin Tags(TagKey TagValue) MultiRegion",
        neutral=_LOCKOUT,
        refused={
            "CustomKeyStoreId": _STORE,
            "XksKeyId": _STORE,
            "Origin": "Material is made here and not imported: leave it out.",
            "MultiRegion": _HERE,
            "KeyUsage": "Keys encrypt, sign or make MACs here; KEY_AGREEMENT is refused.",
            "KeySpec": "Choose SYMMETRIC_DEFAULT, RSA_*, ECC_NIST_*, ECC_SECG_P256K1 or HMAC_*.",
            "CustomerMasterKeySpec": "Choose SYMMETRIC_DEFAULT, RSA_*, ECC_NIST_*, ECC_SECG_P256K1 or HMAC_*.",
        },
        only={
            "Origin": ("AWS_KMS",),
            "MultiRegion": (False,),
            "KeyUsage": ("ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"),
            "KeySpec": tuple(_USAGES),
            "CustomerMasterKeySpec": tuple(_USAGES),
        },
    )
    def create_key(self, call: Call, request: Request) -> dict[str, Any]:
        """With its first material ("CreateKey", AWS KMS API Reference)."""
        spec = request.get("KeySpec") or request.get("CustomerMasterKeySpec") or material.SYMMETRIC
        usage = request.get("KeyUsage") or "ENCRYPT_DECRYPT"
        if "KeyUsage" not in request and spec != material.SYMMETRIC:
            raise AwsError("ValidationException", "You must specify a KeyUsage value for all KMS keys except for "
                           "symmetric encryption keys.")  # fmt: skip
        if usage not in _USAGES[spec]:
            raise AwsError("ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec}")
        identifier = str(uuid.uuid4())
        made = Key(
            identifier,
            self.key_arn(identifier),
            usage,
            spec,
            _policy(request["Policy"]) if request.get("Policy") else self.default_policy(),
            self.clock.now(),
            description=request.get("Description") or "",
            tags=TAGS.read(_pairs(request.get("Tags")), own=call.access_key is None),
        )
        return {"KeyMetadata": metadata(self.made(made), self.account)}

    @operation("KeyId", neutral=GRANT_TOKENS)
    def describe_key(self, _call: Call, request: Request) -> dict[str, Any]:
        """By id, ARN or alias."""
        return {"KeyMetadata": metadata(self.key(request["KeyId"]), self.account)}

    @operation("Limit Marker ResourceOwners", only={"ResourceOwners": (["SELF"],)},
               refused={"ResourceOwners": "There is one account: leave it out."})  # fmt: skip
    def list_keys(self, _call: Call, request: Request) -> dict[str, Any]:
        """All of them."""
        return listed("Keys", [{"KeyId": key.id, "KeyArn": key.arn} for key in self.kept.keys], request)

    @operation("KeyId")
    def enable_key(self, _call: Call, request: Request) -> dict[str, Any]:
        """A key that waits for its deletion stays as it is."""
        return self._state(request, ENABLED)

    @operation("KeyId")
    def disable_key(self, _call: Call, request: Request) -> dict[str, Any]:
        """Nothing can be encrypted or decrypted with it until it is enabled."""
        return self._state(request, DISABLED)

    def _state(self, request: Request, state: str) -> dict[str, Any]:
        key = self._standing(request)
        self.kept.keys.put(replace(key, state=state))
        return {}

    def _standing(self, request: Request) -> Key:
        key = self.own(request["KeyId"])
        if key.state == PENDING_DELETION:
            raise invalid_state(key)
        return key

    @operation("KeyId PendingWindowInDays")
    def schedule_key_deletion(self, _call: Call, request: Request) -> dict[str, Any]:
        """After 7 to 30 simulated days; until then it can't be used."""
        key, days = self._standing(request), request.get("PendingWindowInDays") or 30
        if not 7 <= days <= 30:
            raise AwsError("ValidationException", "PendingWindowInDays must be between 7 and 30.")
        after = replace(
            key, state=PENDING_DELETION, deletion=self.clock.calendar() + timedelta(days=days), rotates=None
        )
        self.kept.keys.put(after)
        return {"KeyId": key.arn, "DeletionDate": after.deletion, "KeyState": after.state, "PendingWindowInDays": days}

    @operation("KeyId")
    def cancel_key_deletion(self, _call: Call, request: Request) -> dict[str, Any]:
        """The key is disabled then."""
        key = self.own(request["KeyId"])
        if key.state != PENDING_DELETION:
            raise AwsError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
        rotates = self.clock.calendar() + timedelta(days=key.rotation) if key.rotation else None
        self.kept.keys.put(replace(key, state=DISABLED, deletion=None, rotates=rotates))
        return {"KeyId": key.arn}

    @operation("KeyId Description")
    def update_key_description(self, _call: Call, request: Request) -> dict[str, Any]:
        """In words."""
        self.kept.keys.put(replace(self._standing(request), description=request["Description"]))
        return {}

    @operation("KeyId PolicyName Policy", neutral=_LOCKOUT)
    def put_key_policy(self, _call: Call, request: Request) -> dict[str, Any]:
        """A key has one, named `default`."""
        _check_name(request)
        self.kept.keys.put(replace(self.own(request["KeyId"]), policy=_policy(request["Policy"])))
        return {}

    @operation("KeyId PolicyName")
    def get_key_policy(self, _call: Call, request: Request) -> dict[str, Any]:
        """As it was put."""
        _check_name(request)
        return {"Policy": self.key(request["KeyId"]).policy, "PolicyName": "default"}

    @operation("KeyId Limit Marker")
    def list_key_policies(self, _call: Call, request: Request) -> dict[str, Any]:
        """The one that there is."""
        self.key(request["KeyId"])
        return listed("PolicyNames", ["default"], request)

    @operation("KeyId Tags(TagKey TagValue)")
    def tag_resource(self, call: Call, request: Request) -> dict[str, Any]:
        """A tag of a key that is there is replaced."""
        key = self._standing(request)
        added = TAGS.read(_pairs(request["Tags"]), own=call.access_key is None)
        self.kept.keys.put(replace(key, tags=TAGS.merged(key.tags, added)))
        return {}

    @operation("KeyId TagKeys")
    def untag_resource(self, _call: Call, request: Request) -> dict[str, Any]:
        """Keys that it has not are no error."""
        key = self._standing(request)
        left = {name: text for name, text in key.tags.items() if name not in request["TagKeys"]}
        self.kept.keys.put(replace(key, tags=left))
        return {}

    @operation("KeyId Limit Marker")
    def list_resource_tags(self, _call: Call, request: Request) -> dict[str, Any]:
        """All of them."""
        tags = [{"TagKey": name, "TagValue": text} for name, text in self.key(request["KeyId"]).tags.items()]
        return listed("Tags", tags, request, 50)

    @operation("KeyId RotationPeriodInDays")
    def enable_key_rotation(self, _call: Call, request: Request) -> dict[str, Any]:
        """The material changes by itself, each time after so many simulated days."""
        key, days = self._rotating(request), request.get("RotationPeriodInDays") or _YEAR
        if not 90 <= days <= 2560:
            raise AwsError("ValidationException", "RotationPeriodInDays must be between 90 and 2560.")
        self.kept.keys.put(replace(key, rotation=days, rotates=self.clock.calendar() + timedelta(days=days)))
        return {}

    @operation("KeyId")
    def disable_key_rotation(self, _call: Call, request: Request) -> dict[str, Any]:
        """The material stays."""
        self.kept.keys.put(replace(self._rotating(request), rotation=0, rotates=None))
        return {}

    @operation("KeyId")
    def rotate_key_on_demand(self, _call: Call, request: Request) -> dict[str, Any]:
        """At once; what older materials have encrypted is decrypted by them."""
        key = self._rotating(request)
        if sum(one.kind == "ON_DEMAND" for one in key.rotations) >= _MOST_ON_DEMAND:
            raise AwsError("LimitExceededException", f"{key.arn} was rotated {_MOST_ON_DEMAND} times on demand.")
        self.rotate(key, "ON_DEMAND")
        return {"KeyId": key.arn}

    @operation("KeyId")
    def get_key_rotation_status(self, _call: Call, request: Request) -> dict[str, Any]:
        """Whether and when the material changes by itself."""
        key = self.key(request["KeyId"])
        told: dict[str, Any] = {"KeyRotationEnabled": key.rotation > 0, "KeyId": key.arn}
        if key.rotation:
            told["RotationPeriodInDays"] = key.rotation
        return told | ({"NextRotationDate": key.rotates} if key.rotates else {})

    @operation(
        "KeyId Limit Marker IncludeKeyMaterial",
        only={"IncludeKeyMaterial": ("ROTATIONS_ONLY",)},
        refused={"IncludeKeyMaterial": "Rotations are told, without what was there before: leave it out."},
    )
    def list_key_rotations(self, _call: Call, request: Request) -> dict[str, Any]:
        """Those that were, the oldest first."""
        key = self.key(request["KeyId"])
        told = [{"KeyId": key.arn, "RotationDate": one.at, "RotationType": one.kind} for one in key.rotations]
        return listed("Rotations", told, request)

    def _rotating(self, request: Request) -> Key:
        key = self._standing(request)
        check_enabled(key)
        if key.spec != material.SYMMETRIC:
            raise AwsError("UnsupportedOperationException", f"{key.arn} is no symmetric encryption key.")
        return key

    def rotate(self, key: Key, kind: str) -> None:
        """Gives a key another material."""
        number, moment = key.material + 1, self.clock.calendar()
        self.kept.materials.put(Material(key.id, number, material.written(material.fresh(key.spec))))
        rotates = moment + timedelta(days=key.rotation) if key.rotation and kind == "AUTOMATIC" else key.rotates
        done = (*key.rotations, Rotation(moment, kind))
        self.kept.keys.put(replace(key, material=number, rotates=rotates, rotations=done))


def _pairs(tags: Any) -> list[dict[str, str]]:
    return [{"Key": one["TagKey"], "Value": one["TagValue"]} for one in tags or ()]


def _check_name(request: Request) -> None:
    if (request.get("PolicyName") or "default") != "default":
        raise AwsError("NotFoundException", "No such policy exists")


def _policy(text: str) -> str:
    try:
        parse(text, needs_principal=True)
    except PolicyError as error:
        raise AwsError("MalformedPolicyDocumentException", f"{error}") from error
    return text
