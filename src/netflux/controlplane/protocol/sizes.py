"""What a request may cost, by service: AWS's published sizes, and limits of depth and number beside them.

The bytes are what may be sent; a form writes many characters as three bytes, so forms have thrice what AWS
says of their text. What single members may hold is in the service's model and in `constraints`.
"""

from __future__ import annotations

from functools import lru_cache

from netflux.decoding.limits import Limits

_KB = 1024
_MB = 1024 * 1024

ORDINARY = Limits(size=_MB, depth=40, nodes=100_000)
"""Where AWS publishes nothing. No request that keeps to the limits of its members comes near."""

_PUBLISHED: dict[str, Limits] = {
    # UploadLayerPart: layerPartBlob of 20,971,520 bytes, in Base64 [Amazon ECR API reference].
    "ecr": Limits(size=28 * _MB, depth=40, nodes=100_000),
    # PutMetricData: 1 MB, compressed or not, 1,000 metrics of 150 values [CloudWatch API reference].
    "cloudwatch": Limits(size=_MB, depth=40, nodes=400_000),
    # PutLogEvents: 1,048,576 bytes, 10,000 events; JSON writes a control character as six bytes.
    "logs": Limits(size=7 * _MB, depth=40, nodes=100_000),
    # A message or a batch of 1,048,576 bytes [Amazon SQS message quotas].
    "sqs": Limits(size=7 * _MB, depth=40, nodes=100_000),
    # A message or a batch of 262,144 bytes, in a form [Amazon SNS quotas].
    "sns": Limits(size=_MB, depth=40, nodes=100_000),
    # A TemplateBody of 51,200 bytes and 200 parameters of 4,096, in a form [CloudFormation quotas].
    "cloudformation": Limits(size=4 * _MB, depth=40, nodes=20_000),
    # A zip file of 50 MB, in Base64; a payload of 6 MB [Lambda quotas].
    "lambda": Limits(size=70 * _MB, depth=40, nodes=100_000),
    # A request of 16 MB [DynamoDB quotas].
    "dynamodb": Limits(size=16 * _MB, depth=80, nodes=200_000),
    # 1,000 records and 32,000 characters, twice for UPSERT [ChangeResourceRecordSets].
    "route53": Limits(size=_MB, depth=40, nodes=50_000),
    # DeleteObjects: 1,000 keys of 1,024 bytes, which XML may write as six each [DeleteObjects].
    "s3": Limits(size=2 * _MB, depth=20, nodes=50_000),
}

_S3: dict[str, int] = {
    "PutBucketPolicy": 20 * _KB,  # "Bucket policies", Amazon S3 User Guide
    "PutBucketCors": 64 * _KB,  # "Using cross-origin resource sharing", Amazon S3 User Guide
    "CompleteMultipartUpload": 4 * _MB,  # 10,000 parts with a checksum each
}
_PARAMETERS = {"cloudwatch": 70_000}
"""PutMetricData: 1,000 metrics of 30 dimensions."""
_MOST_PARAMETERS = 5000
"""Parameters of a form or a query string elsewhere. moto's work grows with the square of their number."""


def limits(service: str) -> Limits:
    """What one request to a service may hold."""
    return _PUBLISHED.get(service, ORDINARY)


INFLATED = 10
"""How many times its size a compressed request may hold: a service's limit is on what is sent [PutMetricData]."""


def parameters(service: str) -> int:
    """How many parameters a form or a query string may have."""
    return _PARAMETERS.get(service, _MOST_PARAMETERS)


@lru_cache(maxsize=256)
def document(service: str) -> Limits:
    """The same for a request that was compressed, as long as all that it may hold."""
    sent = limits(service)
    return Limits(sent.size * INFLATED, sent.depth, sent.nodes)


def s3_document(operation: str) -> Limits:
    """What the document of an S3 operation may hold; objects are not documents."""
    ordinary = limits("s3")
    return Limits(_S3.get(operation, ordinary.size), ordinary.depth, ordinary.nodes)
