"""S3's buckets with their settings. Objects and uploads are S3's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Body, Schema, Table

ENFORCED = "BucketOwnerEnforced"
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def default_encryption() -> dict[str, Any]:
    """What a bucket has by default: ServerSideEncryptionConfiguration."""
    algorithm = {"SSEAlgorithm": "AES256"}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": algorithm, "BucketKeyEnabled": False}]}


@dataclass(frozen=True)
class Bucket:
    """A bucket. A further setting is a field with the default that buckets of the format before have.

    Attributes:
        policy: its text as it was put; empty for none.
        public_access_block: the four settings; empty where there is no configuration.
        ownership: ObjectOwnership; empty where its controls were deleted.
        encryption: ServerSideEncryptionConfiguration, as the API takes it.
        tags: by key.
        versioning: Enabled, Suspended, or empty where it was never put.
        mfa_delete: `Disabled`, or empty where it was never put: AWS tells it only then.
        object_lock: ObjectLockConfiguration; empty where nothing can be locked.
        lifecycle: LifecycleConfiguration with dates as text; empty for none.
        owner: account whose it is; empty for the region's own.
        acl: grants as the API has them; None for the owner's full control alone.
        cors: CORSRules.
        website: WebsiteConfiguration; empty for none.
        payer: of requests: BucketOwner or Requester.
        acceleration: Suspended once it was set so.
        logging: LoggingEnabled; empty for none.
        notifications: NotificationConfiguration; empty for none.
    """

    name: str
    region: str
    created: datetime
    policy: str = ""
    public_access_block: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(BLOCKS, True))
    ownership: str = ENFORCED
    encryption: dict[str, Any] = field(default_factory=default_encryption)
    tags: dict[str, str] = field(default_factory=dict)
    versioning: str = ""
    mfa_delete: str = ""
    object_lock: dict[str, Any] = field(default_factory=dict)
    lifecycle: dict[str, Any] = field(default_factory=dict)
    owner: str = ""
    acl: list[dict[str, Any]] | None = None
    cors: list[dict[str, Any]] = field(default_factory=list)
    website: dict[str, Any] = field(default_factory=dict)
    payer: str = "BucketOwner"
    acceleration: str = ""
    logging: dict[str, Any] = field(default_factory=dict)
    notifications: dict[str, Any] = field(default_factory=dict)


def _of_document(body: Body) -> Body:
    """Of the format before, whose tags were as the API has them, and whose policy was null for none."""
    tags = {tag["Key"]: tag.get("Value") or "" for tag in body["tags"]}
    return {**body, "policy": body.get("policy") or "", "tags": tags}


BUCKET = Schema(
    "s3/bucket",
    Bucket,
    lambda bucket: bucket.name,
    migrations=(_of_document,),
    remedy="Make it anew (aws s3 mb s3://{key}): its objects are kept.",
)


def buckets(documents: Documents) -> Table[Bucket]:
    """The table; a bucket of the format before, whose name was its key alone, gets it as a member."""
    for name, body in documents.list(BUCKET.name):  # none, once the table is there
        if isinstance(body, dict) and "name" not in body:
            documents.put(BUCKET.name, name, {**body, "name": name})
    return documents.table(BUCKET)
