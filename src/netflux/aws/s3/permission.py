"""Decides requests to S3: by policies of who asks, and by what protects the bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from netflux.aws.s3 import access, accesscontrol, conditionkeys, visits
from netflux.aws.s3.access import Guard, Lists
from netflux.aws.s3.asking import Asked
from netflux.aws.s3.copying import copy_source
from netflux.aws.s3.policies import read_policy
from netflux.aws.s3.store import Store
from netflux.controlplane.authorization.authorization import Authorization
from netflux.controlplane.authorization.circumstances import Context
from netflux.controlplane.authorization.customerkeys import context_through
from netflux.controlplane.authorization.service import Need
from netflux.errors import AwsError
from netflux.policy.evaluate import Decision, Request, account_root, decide
from netflux.policy.verdict import Kind, Source, Why
from netflux.resources.s3 import ENFORCED, Bucket
from netflux.resources.s3objects import Version
from netflux.resources.s3owner import canonical_id

_BY_DOCUMENT = frozenset({"CreateBucket", "PutObjectTagging", "PutBucketTagging"})
"""Operations of which conditions ask for what the document says, so that it is read before they are decided."""
_COPIES = frozenset({"CopyObject", "UploadPartCopy"})
_LISTS = (
    "x-amz-acl", "x-amz-grant-read", "x-amz-grant-read-acp", "x-amz-grant-write-acp", "x-amz-grant-full-control",
)  # fmt: skip
_READS = frozenset({"s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectTagging"})
_MAKES = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload"})


def denied() -> AwsError:
    """S3's one answer to who may not."""
    return AwsError("AccessDenied", "Access Denied", 403)


def late(operation: str) -> bool:
    """Whether the operation is decided when its document is read."""
    return operation in _BY_DOCUMENT


class Permission:
    """Says whether requests may be carried out.

    Args:
        store: buckets and objects.
        account: the region's.
    """

    def __init__(self, store: Store, account: str) -> None:
        self.authorization: Authorization | None = None
        self._store = store
        self._account = account

    def authorize(self, asked: Asked) -> None:
        """Returns when the request may be carried out; AwsError AccessDenied, NoSuchBucket."""
        operation, bucket = asked.call.operation, asked.where.bucket
        if operation in {"ListBuckets", "CreateBucket"}:
            if asked.visitor.principal.kind != "AWS":
                raise denied()
            self._decide(asked, access.action(operation), f"arn:aws:s3:::{bucket or '*'}", self._context(asked), [])
            return
        record = self._store.bucket(bucket)
        if operation == "DeleteObjects":
            return
        version = "versionId" in asked.query
        action = access.action(operation, version=version)
        if not (action in _READS and self._known_absent(asked, bucket)):
            self.check(asked, action, bucket, asked.where.key)
        self._check_payer(asked, record)
        if operation in _MAKES and asked.visitor.identity is not None:
            if "x-amz-tagging" in asked.headers:
                self.check(asked, "s3:PutObjectTagging", bucket, asked.where.key)
            if any(name in asked.headers for name in _LISTS):
                self.check(asked, "s3:PutObjectAcl", bucket, asked.where.key)
        if "x-amz-copy-source" in asked.headers and operation in _COPIES:
            source_bucket, source_key, source_version = copy_source(asked.headers["x-amz-copy-source"])
            reading = access.action("GetObject", version=bool(source_version))
            self.check(asked, reading, source_bucket, source_key, source_version or "")

    def permits(self, asked: Asked, action: str, bucket: str, key: str, version: str = "") -> bool:
        """Whether an action may be done besides the request's own."""
        try:
            self.check(asked, action, bucket, key, version)
        except AwsError as error:
            if error.code != "AccessDenied":
                raise
            return False
        return True

    def check(self, asked: Asked, action: str, bucket: str, key: str, version: str = "") -> None:
        """Returns when the action may be done; AwsError AccessDenied, NoSuchBucket."""
        record = self._store.bucket(bucket)
        policy = read_policy(record)
        account = record.owner or self._account
        guard = Guard(account, policy, bool(record.public_access_block.get("RestrictPublicBuckets")))
        resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
        found = self._object(asked, bucket, key, version)
        context = self._context(asked, account)
        if found is not None:
            context = {**context, **conditionkeys.of_object(found.description.tags)}
        lists = _lists(record, found, account)
        sources = [Source(Kind.RESOURCE, "", f"arn:aws:s3:::{bucket}", policy)] if policy is not None else []
        if guard.owns(asked.visitor.principal) and not lists.permit(asked.visitor.principal, action):
            self._decide(asked, action, resource, context, sources)
        elif asked.visitor.identity is not None:
            self._decide(asked, action, resource, context, sources, silent=True)
        if not access.permits(guard, lists, Request(asked.visitor.principal, action, resource, context)):
            raise denied()

    def _known_absent(self, asked: Asked, bucket: str) -> bool:
        """Whether the object is not there and who asks may list the bucket, so that they learn it ["GetObject"]."""
        key = asked.where.key
        if self._object(asked, bucket, key, "") is not None:
            return False
        return self.may_list(asked, bucket)

    def may_list(self, asked: Asked, bucket: str) -> bool:
        """Whether who asks for an object may list it."""
        call = replace(asked.call, operation="ListObjectsV2")
        question = replace(asked, query={**asked.query, "prefix": asked.where.key}, call=call)
        return self.permits(question, "s3:ListBucket", bucket, "")

    def _object(self, asked: Asked, bucket: str, key: str, version: str) -> Version | None:
        """That the request is about, if it is about one that is there."""
        if not key:
            return None
        if not version and bucket == asked.where.bucket:
            version = asked.query.get("versionId", "")
        return self._store.version(bucket, key, version) if version else self._store.current(bucket, key)

    async def check_key(self, action: str, key: str) -> None:
        """Returns when whoever asks may do an action of KMS's with a key, for S3 acts on their behalf.

        Raises:
            AwsError: AccessDenied; InvalidArgument where nobody has signed the request.
        """
        asked = visits.current()
        if asked is None or asked.visitor.principal == account_root(self._account):
            return
        if asked.visitor.principal.kind == "Anonymous":
            raise AwsError(
                "InvalidArgument",
                "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
            )
        if self.authorization is None:
            return
        context = {**asked.visitor.context, **context_through("s3", asked.call)}
        need = Need(action, key)
        if asked.visitor.identity is not None:
            verdict = await self.authorization.verdict(asked.visitor.identity, need, context)
            if not verdict.allowed:
                raise self.authorization.refuse(asked.call, verdict)
            return
        source = await self.authorization.resource_policy(need)
        request = Request(asked.visitor.principal, action, key, context)
        if source is None or decide([source.policy], request) is not Decision.ALLOW:
            raise denied()

    def _context(self, asked: Asked, account: str = "") -> Context:
        now = datetime.now(UTC)
        place = asked.call.region, account or self._account
        return {**asked.visitor.context, **conditionkeys.of_request(asked.question, place, now)}

    def _decide(
        self, asked: Asked, action: str, resource: str, context: Context, policies: Sequence[Source], *,
        silent: bool = False,
    ) -> None:  # fmt: skip
        """What a user's or role's own policies say, and the bucket's beside them.

        Args:
            silent: nothing that allows is needed, since a list allows.
        """
        if self.authorization is None or asked.visitor.identity is None:
            return
        verdict = self.authorization.judged(asked.visitor.identity, Need(action, resource), context, policies)
        if not verdict.allowed and not (silent and verdict.why is Why.SILENT):
            raise self.authorization.refuse(asked.call, verdict)

    def _check_payer(self, asked: Asked, bucket: Bucket) -> None:
        """Who is not the owner says that they would pay, where the bucket asks for it."""
        if bucket.payer != "Requester" or asked.visitor.principal.kind == "Service":
            return
        owns = asked.visitor.principal.kind == "AWS" and asked.visitor.principal.account == (
            bucket.owner or self._account
        )
        stated = asked.headers.get("x-amz-request-payer") or asked.query.get("x-amz-request-payer")
        if not owns and stated != "requester":
            raise denied()


def _lists(bucket: Bucket, found: Version | None, account: str) -> Lists:
    if bucket.ownership == ENFORCED:
        return Lists()
    ignore = bool(bucket.public_access_block.get("IgnorePublicAcls"))
    own = accesscontrol.own(account) if bucket.acl is None else bucket.acl
    if found is None:
        return Lists(own, None, ignore_public=ignore)
    owner = found.description.owner or canonical_id(account)
    grants = found.description.acl.get("Grants")
    if grants is None:
        grants = accesscontrol.of_user(owner)
    return Lists(own, grants, owner != canonical_id(account), ignore)
