"""Access control lists, ownership, public access blocks, guests of other accounts, requester pays."""

from __future__ import annotations

from typing import Any

from netflux.resources.s3owner import canonical_id
from tests.aws.s3.conftest import ACCOUNT, Running
from tests.aws.s3.test_service import in_thread, raw, refused

OTHER = "111111111111"
ALL = "http://acs.amazonaws.com/groups/global/AllUsers"


def guest(s3: Running) -> Any:
    return s3.client(aws_access_key_id=OTHER, aws_secret_access_key="test")


def shared(s3: Running, **more: Any) -> Any:
    client = s3.client()
    client.create_bucket(Bucket="shared", ObjectOwnership="ObjectWriter", **more)
    client.delete_public_access_block(Bucket="shared")
    return client


@in_thread
def test_a_new_bucket_has_no_lists(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    assert refused(client.put_bucket_acl, Bucket="things", ACL="public-read") == "AccessControlListNotSupported"
    assert refused(client.put_object, Bucket="things", Key="a", ACL="public-read") == "AccessControlListNotSupported"
    client.put_object(Bucket="things", Key="a", ACL="bucket-owner-full-control")
    assert refused(client.create_bucket, Bucket="other", ACL="public-read") == "InvalidBucketAclWithObjectOwnership"
    told = client.get_object_acl(Bucket="things", Key="a")
    assert told["Owner"] == {"ID": canonical_id(ACCOUNT)}
    assert [grant["Permission"] for grant in told["Grants"]] == ["FULL_CONTROL"]


@in_thread
def test_public_lists_let_anybody_in_unless_they_are_blocked_or_ignored(s3: Running) -> None:
    client = shared(s3)
    client.put_object(Bucket="shared", Key="a", Body=b"a", ACL="public-read")
    assert raw(s3, "GET", "/shared/a")[::2] == (200, b"a")
    assert raw(s3, "GET", "/shared/none")[0] == 403
    client.put_bucket_acl(Bucket="shared", ACL="public-read")
    assert raw(s3, "GET", "/shared/none")[0] == 404
    assert raw(s3, "GET", "/shared")[0] == 200
    assert raw(s3, "PUT", "/shared/b")[0] == 403
    blocks = {"BlockPublicAcls": True, "IgnorePublicAcls": True}
    client.put_public_access_block(Bucket="shared", PublicAccessBlockConfiguration=blocks)
    assert raw(s3, "GET", "/shared/a")[0] == 403
    assert refused(client.put_object, Bucket="shared", Key="a", ACL="public-read") == "AccessDenied"
    assert refused(client.put_bucket_acl, Bucket="shared", ACL="public-read") == "AccessDenied"


@in_thread
def test_another_account_does_what_lists_grant_it(s3: Running) -> None:
    client, other = shared(s3), guest(s3)
    client.put_object(Bucket="shared", Key="a", Body=b"a")
    assert refused(other.get_object, Bucket="shared", Key="a") == "AccessDenied"
    client.put_object_acl(Bucket="shared", Key="a", GrantRead=f'id="{canonical_id(OTHER)}"')
    assert other.get_object(Bucket="shared", Key="a")["Body"].read() == b"a"
    assert refused(other.get_object_acl, Bucket="shared", Key="a") == "AccessDenied"
    client.put_bucket_acl(
        Bucket="shared", GrantWrite=f'id="{canonical_id(OTHER)}"', GrantFullControl=f'id="{canonical_id(ACCOUNT)}"'
    )
    other.put_object(Bucket="shared", Key="theirs", Body=b"t")
    assert refused(client.get_object, Bucket="shared", Key="theirs") == "AccessDenied"
    assert other.get_object_acl(Bucket="shared", Key="theirs")["Owner"] == {"ID": canonical_id(OTHER)}
    other.put_object_acl(Bucket="shared", Key="theirs", ACL="bucket-owner-read")
    assert client.get_object(Bucket="shared", Key="theirs")["Body"].read() == b"t"
    owners = {row["Key"]: row["Owner"]["ID"] for row in client.list_objects(Bucket="shared")["Contents"]}
    assert owners == {"a": canonical_id(ACCOUNT), "theirs": canonical_id(OTHER)}
    client.delete_object(Bucket="shared", Key="theirs")


@in_thread
def test_the_bucket_owner_is_preferred_where_the_writer_says_so(s3: Running) -> None:
    client, other = shared(s3, GrantWrite=f'id="{canonical_id(OTHER)}"'), guest(s3)
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    client.put_bucket_ownership_controls(Bucket="shared", OwnershipControls=rules)
    other.put_object(Bucket="shared", Key="a", ACL="bucket-owner-full-control", Body=b"a")
    assert client.get_object_acl(Bucket="shared", Key="a")["Owner"] == {"ID": canonical_id(ACCOUNT)}
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert refused(client.put_bucket_ownership_controls, Bucket="shared", OwnershipControls=enforced) == (
        "InvalidBucketAclWithObjectOwnership"
    )
    client.put_bucket_acl(Bucket="shared", ACL="private")
    client.put_bucket_ownership_controls(Bucket="shared", OwnershipControls=enforced)
    client.delete_bucket_ownership_controls(Bucket="shared")
    assert refused(client.get_bucket_ownership_controls, Bucket="shared") == "OwnershipControlsNotFoundError"


@in_thread
def test_guests_have_buckets_of_their_own(s3: Running) -> None:
    client, other = s3.client(), guest(s3)
    other.create_bucket(Bucket="theirs")
    assert [bucket["Name"] for bucket in other.list_buckets()["Buckets"]] == ["theirs"]
    assert client.list_buckets()["Buckets"] == []
    assert refused(client.create_bucket, Bucket="theirs") == "BucketAlreadyExists"
    assert refused(client.list_objects_v2, Bucket="theirs") == "AccessDenied"
    assert refused(client.head_bucket, Bucket="theirs") == "403"
    assert refused(s3.client(aws_access_key_id=OTHER, aws_secret_access_key="x").list_buckets) == (
        "SignatureDoesNotMatch"
    )


@in_thread
def test_lists_that_are_none(s3: Running) -> None:
    client = shared(s3)
    owner = {"ID": canonical_id(ACCOUNT)}

    def put(**grant: Any) -> str:
        return refused(client.put_bucket_acl, Bucket="shared", AccessControlPolicy={"Owner": owner, "Grants": [grant]})

    assert put(Grantee={"Type": "CanonicalUser", "ID": "x"}, Permission="READ") == "InvalidArgument"
    assert put(Grantee={"Type": "Group", "URI": "x"}, Permission="READ") == "InvalidArgument"
    assert put(Grantee={"Type": "CanonicalUser"}, Permission="READ") == "MalformedACLError"
    assert refused(client.put_bucket_acl, Bucket="shared", ACL="private", GrantRead=f'uri="{ALL}"') == "InvalidRequest"
    assert refused(client.put_bucket_acl, Bucket="shared") == "MissingSecurityHeader"
    none = {"Owner": owner, "Grants": []}
    client.put_bucket_acl(Bucket="shared", AccessControlPolicy=none)
    assert client.get_bucket_acl(Bucket="shared")["Grants"] == []
    client.put_object(Bucket="shared", Key="a")
    status, _, body = raw(s3, "PUT", "/shared?acl", b"")
    assert (status, b"AccessDenied" in body) == (403, True)


@in_thread
def test_who_is_to_pay_says_that_they_do(s3: Running) -> None:
    client, other = shared(s3, GrantRead=f'id="{canonical_id(OTHER)}"'), guest(s3)
    client.put_bucket_request_payment(Bucket="shared", RequestPaymentConfiguration={"Payer": "Requester"})
    assert refused(other.list_objects_v2, Bucket="shared") == "AccessDenied"
    assert other.list_objects_v2(Bucket="shared", RequestPayer="requester")["KeyCount"] == 0
    assert client.list_objects_v2(Bucket="shared")["KeyCount"] == 0
