"""Keys encrypt, sign and authenticate for real, in the states that AWS lets them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from netflux.aws.kms.api import KmsApi
from netflux.aws.kms.controller import KeyController
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.errors import AwsError, Unsupported
from netflux.upgrade import kms as upgrade
from tests.controlplane.plane import Plane, with_kms


class Hand(Clock):
    """Moves when it is told to."""

    time = datetime(2026, 11, 29, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def calendar(self) -> datetime:
        return self.time


class World:
    def __init__(self, path: Path) -> None:
        self.plane = Plane(path)
        self.clock = Hand()

    async def start(self) -> World:
        self.apis = await self.plane.start()
        self.api: KmsApi = with_kms(self.apis, self.plane.documents, self.plane.keys, self.clock)
        self.controller = KeyController(self.api, self.clock)
        return self

    async def kms(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("kms", operation, params)

    async def key(self, **params: Any) -> str:
        return str((await self.kms("CreateKey", **params))["KeyMetadata"]["KeyId"])

    async def state(self, key: str) -> str:
        return str((await self.kms("DescribeKey", KeyId=key))["KeyMetadata"]["KeyState"])

    async def refused(self, code: str, operation: str, **params: Any) -> None:
        with pytest.raises(AwsError) as refusal:
            await self.kms(operation, **params)
        assert refusal.value.code == code, refusal.value


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await World(tmp_path).start()
    yield made
    made.plane.stop()


async def test_what_is_encrypted_is_decrypted_with_the_same_context_only(world: World) -> None:
    key = await world.key()
    context = {"order": "1", "shop": "a"}
    sealed = await world.kms("Encrypt", KeyId=key, Plaintext=b"Heat", EncryptionContext=context)
    assert b"Heat" not in sealed["CiphertextBlob"]
    other = {"shop": "a", "order": "1"}
    told = await world.kms("Decrypt", CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=other)
    assert (told["Plaintext"], told["KeyId"]) == (b"Heat", sealed["KeyId"])
    for wrong in ({}, {"order": "2", "shop": "a"}):
        await world.refused(
            "InvalidCiphertextException", "Decrypt", CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=wrong
        )
    changed = bytearray(sealed["CiphertextBlob"])
    changed[-1] ^= 1
    await world.refused(
        "InvalidCiphertextException", "Decrypt", CiphertextBlob=bytes(changed), EncryptionContext=context
    )
    await world.refused("InvalidCiphertextException", "Decrypt", CiphertextBlob=b"nothing")
    second = await world.key()
    asked = {"CiphertextBlob": sealed["CiphertextBlob"], "EncryptionContext": context}
    await world.refused("IncorrectKeyException", "Decrypt", KeyId=second, **asked)
    moved = await world.kms(
        "ReEncrypt",
        CiphertextBlob=sealed["CiphertextBlob"],
        SourceEncryptionContext=context,
        DestinationKeyId=second,
        DestinationEncryptionContext={"b": "c"},
    )
    assert moved["SourceKeyId"] != moved["KeyId"]
    told = await world.kms("Decrypt", CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"b": "c"})
    assert told["Plaintext"] == b"Heat"


async def test_data_keys_are_those_that_their_ciphertext_has(world: World) -> None:
    key = await world.key()
    made = await world.kms("GenerateDataKey", KeyId=key, KeySpec="AES_256")
    assert len(made["Plaintext"]) == 32
    assert (await world.kms("Decrypt", CiphertextBlob=made["CiphertextBlob"]))["Plaintext"] == made["Plaintext"]
    bare = await world.kms("GenerateDataKeyWithoutPlaintext", KeyId=key, NumberOfBytes=64)
    assert len((await world.kms("Decrypt", CiphertextBlob=bare["CiphertextBlob"]))["Plaintext"]) == 64
    pair = await world.kms("GenerateDataKeyPair", KeyId=key, KeyPairSpec="ECC_NIST_P256")
    opened = await world.kms("Decrypt", CiphertextBlob=pair["PrivateKeyCiphertextBlob"])
    assert opened["Plaintext"] == pair["PrivateKeyPlaintext"]
    private: Any = serialization.load_der_private_key(pair["PrivateKeyPlaintext"], None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert "PrivateKeyPlaintext" not in await world.kms(
        "GenerateDataKeyPairWithoutPlaintext", KeyId=key, KeyPairSpec="ECC_NIST_P256"
    )
    assert len((await world.kms("GenerateRandom", NumberOfBytes=7))["Plaintext"]) == 7
    await world.refused("ValidationException", "GenerateDataKey", KeyId=key)


@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [
        ("RSA_2048", "RSASSA_PSS_SHA_256"),
        ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512"),
        ("ECC_NIST_P384", "ECDSA_SHA_384"),
        ("ECC_SECG_P256K1", "ECDSA_SHA_256"),
    ],
)
async def test_a_signature_is_verified_and_one_of_something_else_is_an_error(
    world: World, spec: str, algorithm: str
) -> None:
    key = await world.key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    asked = {"KeyId": key, "Message": b"Heat", "SigningAlgorithm": algorithm}
    signature = (await world.kms("Sign", **asked))["Signature"]
    assert (await world.kms("Verify", **asked, Signature=signature))["SignatureValid"] is True
    wrong = {**asked, "Message": b"Ronin"}
    await world.refused("KMSInvalidSignatureException", "Verify", **wrong, Signature=signature)
    public: Any = serialization.load_der_public_key((await world.kms("GetPublicKey", KeyId=key))["PublicKey"])
    hashing = getattr(hashes, f"SHA{algorithm.rpartition('_')[2]}")()
    if algorithm.startswith("ECDSA"):
        public.verify(signature, b"Heat", ec.ECDSA(hashing))
    elif "PSS" in algorithm:
        public.verify(signature, b"Heat", padding.PSS(padding.MGF1(hashing), hashing.digest_size), hashing)
    else:
        public.verify(signature, b"Heat", padding.PKCS1v15(), hashing)
    await world.refused("InvalidKeyUsageException", "Encrypt", KeyId=key, Plaintext=b"m")


async def test_a_digest_is_signed_as_it_is(world: World) -> None:
    key = await world.key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    asked = {"KeyId": key, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = (await world.kms("Sign", **asked, Message=b"x" * 32))["Signature"]
    assert (await world.kms("Verify", **asked, Message=b"x" * 32, Signature=signature))["SignatureValid"]
    await world.refused("ValidationException", "Sign", **asked, Message=b"short")


async def test_rsa_encrypts_with_the_public_key_and_macs_are_compared(world: World) -> None:
    key = await world.key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    asked = {"KeyId": key, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    blob = (await world.kms("Encrypt", **asked, Plaintext=b"Heat"))["CiphertextBlob"]
    assert (await world.kms("Decrypt", **asked, CiphertextBlob=blob))["Plaintext"] == b"Heat"
    mac = await world.key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    asked = {"KeyId": mac, "MacAlgorithm": "HMAC_SHA_256"}
    made = (await world.kms("GenerateMac", **asked, Message=b"Heat"))["Mac"]
    assert (await world.kms("VerifyMac", **asked, Message=b"Heat", Mac=made))["MacValid"]
    await world.refused("KMSInvalidMacException", "VerifyMac", **asked, Message=b"Ronin", Mac=made)


async def test_a_key_that_is_disabled_or_goes_does_nothing(world: World) -> None:
    key = await world.key()
    blob = (await world.kms("Encrypt", KeyId=key, Plaintext=b"m"))["CiphertextBlob"]
    await world.kms("DisableKey", KeyId=key)
    await world.refused("DisabledException", "Encrypt", KeyId=key, Plaintext=b"m")
    await world.refused("DisabledException", "Decrypt", CiphertextBlob=blob)
    arn = (await world.kms("DescribeKey", KeyId=key))["KeyMetadata"]["Arn"]
    told = await world.kms("ScheduleKeyDeletion", KeyId=arn, PendingWindowInDays=7)
    assert (told["KeyState"], told["KeyId"]) == ("PendingDeletion", arn)
    for written in (key, arn):
        await world.refused("KMSInvalidStateException", "Encrypt", KeyId=written, Plaintext=b"m")
        await world.refused("KMSInvalidStateException", "EnableKey", KeyId=written)
    await world.refused("KMSInvalidStateException", "Decrypt", CiphertextBlob=blob)
    await world.kms("CancelKeyDeletion", KeyId=arn)
    assert await world.state(key) == "Disabled"
    await world.kms("EnableKey", KeyId=key)
    assert (await world.kms("Decrypt", CiphertextBlob=blob))["Plaintext"] == b"m"


async def test_a_key_goes_when_its_date_comes(world: World) -> None:
    key = await world.key()
    blob = (await world.kms("Encrypt", KeyId=key, Plaintext=b"m"))["CiphertextBlob"]
    await world.kms("CreateAlias", AliasName="alias/a", TargetKeyId=key)
    await world.kms("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
    assert (await world.controller.reconcile(key)).requeue_after == 86_400.0
    world.clock.time += timedelta(days=7)
    assert list(await world.controller.keys()) == [key]
    await world.controller.reconcile(key)
    await world.refused("NotFoundException", "DescribeKey", KeyId=key)
    await world.refused("InvalidCiphertextException", "Decrypt", CiphertextBlob=blob)
    assert [*world.api.kept.materials] == []
    assert (await world.kms("ListAliases"))["Aliases"] == []


async def test_after_a_rotation_the_older_material_still_decrypts(world: World) -> None:
    key = await world.key()
    blob = (await world.kms("Encrypt", KeyId=key, Plaintext=b"m"))["CiphertextBlob"]
    await world.kms("RotateKeyOnDemand", KeyId=key)
    await world.kms("EnableKeyRotation", KeyId=key, RotationPeriodInDays=90)
    status = await world.kms("GetKeyRotationStatus", KeyId=key)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 90)
    world.clock.time += timedelta(days=90)
    await world.controller.reconcile(key)
    told = (await world.kms("ListKeyRotations", KeyId=key))["Rotations"]
    assert [one["RotationType"] for one in told] == ["ON_DEMAND", "AUTOMATIC"]
    assert (await world.kms("Decrypt", CiphertextBlob=blob))["Plaintext"] == b"m"
    assert len([*world.api.kept.materials]) == 3
    newer = (await world.kms("Encrypt", KeyId=key, Plaintext=b"n"))["CiphertextBlob"]
    assert (await world.kms("Decrypt", CiphertextBlob=newer))["Plaintext"] == b"n"
    assert (await world.kms("GetKeyRotationStatus", KeyId=key))["NextRotationDate"] == world.clock.time + timedelta(90)


async def test_an_alias_stands_for_its_key_and_can_be_moved(world: World) -> None:
    key, other = await world.key(), await world.key()
    await world.kms("CreateAlias", AliasName="alias/shop", TargetKeyId=key)
    await world.refused("AlreadyExistsException", "CreateAlias", AliasName="alias/shop", TargetKeyId=other)
    assert (await world.kms("DescribeKey", KeyId="alias/shop"))["KeyMetadata"]["KeyId"] == key
    await world.kms("UpdateAlias", AliasName="alias/shop", TargetKeyId=other)
    arn = f"arn:aws:kms:us-east-1:{world.apis.account}:alias/shop"
    assert (await world.kms("DescribeKey", KeyId=arn))["KeyMetadata"]["KeyId"] == other
    await world.kms("DeleteAlias", AliasName="alias/shop")
    await world.refused("NotFoundException", "DescribeKey", KeyId="alias/shop")


async def test_a_key_of_awss_is_made_when_it_is_named_and_services_alone_use_it(world: World) -> None:
    first = (await world.kms("DescribeKey", KeyId="alias/aws/s3"))["KeyMetadata"]
    assert first["KeyManager"] == "AWS"
    assert (await world.kms("DescribeKey", KeyId="alias/aws/s3"))["KeyMetadata"]["KeyId"] == first["KeyId"]
    call = Call("kms", "Encrypt", "us-east-1", world.apis.account, access_key="test")
    with pytest.raises(AwsError, match="managed by AWS"):
        world.api.encrypt(call, {"KeyId": "alias/aws/s3", "Plaintext": b"m"})
    await world.refused("AccessDeniedException", "ScheduleKeyDeletion", KeyId=first["KeyId"])
    await world.refused("NotFoundException", "DescribeKey", KeyId="alias/aws/nothing")


async def test_keys_survive_a_restart(world: World) -> None:
    key = await world.key()
    blob = (await world.kms("Encrypt", KeyId=key, Plaintext=b"m"))["CiphertextBlob"]
    world.plane.stop()
    await world.start()
    assert (await world.kms("Decrypt", CiphertextBlob=blob))["Plaintext"] == b"m"


async def test_grants_are_listed_and_retired(world: World) -> None:
    key, user = await world.key(), f"arn:aws:iam::{world.apis.account}:user/a"
    wanted = {"KeyId": key, "GranteePrincipal": user, "Operations": ["Decrypt"], "Name": "n", "RetiringPrincipal": user}
    made = await world.kms("CreateGrant", **wanted)
    assert await world.kms("CreateGrant", **wanted) == made
    (listed,) = (await world.kms("ListGrants", KeyId=key))["Grants"]
    assert (listed["Operations"], listed["GrantId"]) == (["Decrypt"], made["GrantId"])
    assert len((await world.kms("ListRetirableGrants", RetiringPrincipal=user))["Grants"]) == 1
    await world.kms("RetireGrant", GrantToken=made["GrantToken"])
    assert (await world.kms("ListGrants", KeyId=key))["Grants"] == []
    await world.refused("NotFoundException", "RevokeGrant", KeyId=key, GrantId=made["GrantId"])


async def test_what_is_not_done_here_is_refused_by_name(world: World) -> None:
    for given in ({"Origin": "EXTERNAL"}, {"MultiRegion": True}, {"KeyUsage": "KEY_AGREEMENT"}, {"KeySpec": "SM2"}):
        with pytest.raises(Unsupported, match=next(iter(given))):
            await world.kms("CreateKey", **given)
    with pytest.raises(Unsupported, match="kms:ReplicateKey"):
        await world.kms("ReplicateKey", KeyId="k", ReplicaRegion="eu-west-1")


async def test_keys_of_the_release_before_and_what_they_encrypted_are_taken_over(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    apis = await plane.start()
    moto = plane.moto
    key = (await moto.call("kms", "CreateKey", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}))["KeyMetadata"]["KeyId"]
    await moto.call("kms", "CreateAlias", {"AliasName": "alias/old", "TargetKeyId": key})
    asked = {"KeyId": key, "Plaintext": b"Heat", "EncryptionContext": {"b": "2", "a": "1"}}
    blob = (await moto.call("kms", "Encrypt", asked))["CiphertextBlob"]
    signs = {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}
    signer = (await moto.call("kms", "CreateKey", signs))["KeyMetadata"]["KeyId"]
    signed = {"KeyId": signer, "Message": b"m", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
    signature = (await moto.call("kms", "Sign", signed))["Signature"]
    await upgrade.adopt(moto, plane.documents)
    await upgrade.adopt(moto, plane.documents)
    with_kms(apis, plane.documents, plane.keys)
    opened = {"CiphertextBlob": blob, "EncryptionContext": {"a": "1", "b": "2"}}
    assert (await apis.call("kms", "Decrypt", opened))["Plaintext"] == b"Heat"
    assert (await apis.call("kms", "DescribeKey", {"KeyId": "alias/old"}))["KeyMetadata"]["KeyId"] == key
    assert (await apis.call("kms", "ListResourceTags", {"KeyId": key}))["Tags"] == [{"TagKey": "a", "TagValue": "b"}]
    assert (await apis.call("kms", "Verify", {**signed, "Signature": signature}))["SignatureValid"]
    plane.stop()
