"""What ECR refuses."""

from __future__ import annotations

import json
from typing import Any

from netflux.aws.ecr.api import EcrApi
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.runtime import manifest
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "ecr"

_CREATE, _IMAGE = "CreateRepository (Amazon ECR API Reference)", "PutImage (Amazon ECR API Reference)"
_MUTABILITY = "Preventing image tags from being overwritten in Amazon ECR (Amazon ECR User Guide)"
_LIFECYCLE = "Lifecycle policy properties in Amazon ECR (Amazon ECR User Guide)"
_QUOTAS = "Amazon ECR service quotas (Amazon ECR User Guide)"
_TAGS = "Tagging a private repository in Amazon ECR (Amazon ECR User Guide)"
_POLICY = "Private repository policies in Amazon ECR (Amazon ECR User Guide)"
_INVALID, _ABSENT = "InvalidParameterException", "RepositoryNotFoundException"
_DIGEST = "sha256:" + "0" * 64
_FIXED = manifest.write(manifest.ProcessImage("/", command=("fixed",)))
_OTHER = manifest.write(manifest.ProcessImage("/", command=("other",)))
_LIST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{"digest": _DIGEST, "size": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}],
    }
)
_OCI = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []})


def _create(rule: str, code: str, page: str = _CREATE, says: str = "", **params: Any) -> Rule:
    return Rule(rule, "CreateRepository", {"repositoryName": "new", **params}, code, page, says)


def _on(operation: str, rule: str, code: str, page: str = "", says: str = "", **params: Any) -> Rule:
    page = page or f"{operation} (Amazon ECR API Reference)"
    return Rule(rule, operation, {"repositoryName": "fixed", **params}, code, page, says)


def _selection(**more: Any) -> dict[str, Any]:
    return {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1, **more}


def _one(priority: int = 1, **more: Any) -> dict[str, Any]:
    return {"rulePriority": priority, "selection": _selection(), "action": {"type": "expire"}, **more}


def _lifecycle(rule: str, says: str, *rules: Any, page: str = _LIFECYCLE, **body: Any) -> Rule:
    text = json.dumps({"rules": rules, **body}).ljust(100)
    return _on("PutLifecyclePolicy", rule, _INVALID, page, says, lifecyclePolicyText=text)


def _without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


def _filters(*texts: str) -> list[dict[str, str]]:
    return [{"filterType": "WILDCARD", "filter": text} for text in texts]


def _tags(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs]


_NAMED = [
    ("DescribeImages", {}), ("ListImages", {}), ("DeleteRepository", {}), ("GetRepositoryPolicy", {}),
    ("GetLifecyclePolicy", {}), ("BatchGetImage", {"imageIds": [{"imageTag": "v1"}]}),
    ("BatchDeleteImage", {"imageIds": [{"imageTag": "v1"}]}), ("PutImage", {"imageManifest": _FIXED}),
    ("PutImageTagMutability", {"imageTagMutability": "MUTABLE"}), ("InitiateLayerUpload", {}),
    ("BatchCheckLayerAvailability", {"layerDigests": [_DIGEST]}),
    ("PutImageScanningConfiguration", {"imageScanningConfiguration": {"scanOnPush": True}}),
    ("GetDownloadUrlForLayer", {"layerDigest": _DIGEST}),
]  # fmt: skip
"""Operations on a repository that must be there, with what else they need."""

RULES = [
    *(
        Rule("The repository must be there", name, {"repositoryName": "absent", **more}, _ABSENT,
             f"{name} (Amazon ECR API Reference)", "with name 'absent' does not exist in the registry with id")
        for name, more in _NAMED
    ),
    *(
        _create(rule, _INVALID, says="repositoryName", repositoryName=name)
        for rule, name in [
            ("A name has no capitals", "Movies"), ("A name has 2 characters or more", "a"),
            ("A name has 256 characters or fewer", "a" * 257), ("A name does not begin with a slash", "/movies"),
            ("A name does not end with a slash", "movies/"), ("A name has no two slashes in a row", "a//b"),
            ("A name does not begin with a hyphen", "-movies"), ("A name does not end with a dot", "movies."),
            ("A name has no two dots in a row", "a..b"), ("A name has no three underscores in a row", "a___b"),
            ("A name has no spaces", "my movies"), ("A name has no tag", "movies:v1"),
        ]
    ),
    _create("A name stands once in a registry", "RepositoryAlreadyExistsException", says="already exists",
            repositoryName="fixed"),
    _create("A repository is made in one's own registry", "AccessDeniedException", registryId="999999999999"),
    _create("A registry id has twelve digits", _INVALID, registryId="12"),
    _create("Mutability is one of four", _INVALID, says="'Member must satisfy enum value set: [",
            imageTagMutability="SOMETIMES"),
    _create("Exclusions need filters", _INVALID, _MUTABILITY, "can't be null",
            imageTagMutability="IMMUTABLE_WITH_EXCLUSION"),
    _create("Exclusions need filters, also of mutable tags", _INVALID, _MUTABILITY, "can't be null",
            imageTagMutability="MUTABLE_WITH_EXCLUSION"),
    _create("Filters need a mutability with exclusions", _INVALID, _MUTABILITY, imageTagMutability="IMMUTABLE",
            imageTagMutabilityExclusionFilters=_filters("dev-*")),
    _create("Filters are five at most", _INVALID, _MUTABILITY, imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
            imageTagMutabilityExclusionFilters=_filters(*"abcdef")),
    _create("A filter has characters of tags and wildcards only", _INVALID, _MUTABILITY,
            imageTagMutability="IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters=_filters("dev/*")),
    _create("A filter has two wildcards at most", _INVALID, _MUTABILITY, "wildcards",
            imageTagMutability="IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters=_filters("a*b*c*")),
    _create("A filter is of the type WILDCARD", _INVALID, _MUTABILITY, imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
            imageTagMutabilityExclusionFilters=[{"filterType": "REGEX", "filter": "a"}]),
    _create("Encryption is one of three", _INVALID, encryptionConfiguration={"encryptionType": "DES"}),
    _create("AES256 has no key", _INVALID, encryptionConfiguration={"encryptionType": "AES256", "kmsKey": "alias/a"}),
    _create("The KMS key must be there", "KmsException",
            "Encryption at rest (Amazon ECR User Guide)",
            encryptionConfiguration={"encryptionType": "KMS", "kmsKey": "12345678-1234-1234-1234-123456789012"}),
    _create("A key stands once among the tags", "InvalidTagParameterException", _TAGS,
            tags=_tags(("a", "1"), ("a", "2"))),
    _on("DeleteRepository", "A repository with images is deleted by force only", "RepositoryNotEmptyException",
        says="cannot be deleted because it still contains images"),
    _on("DescribeImages", "Another account's registry has none of our repositories", _ABSENT,
        registryId="999999999999"),
    _on("DescribeImages", "An image that is asked for must be there", "ImageNotFoundException",
        says="imageId {imageDigest:'null', imageTag:'v9'} does not exist", imageIds=[{"imageTag": "v9"}]),
    _on("DescribeImages", "A digest that is asked for must be there", "ImageNotFoundException",
        imageIds=[{"imageDigest": _DIGEST}]),
    _on("DescribeImages", "An image id has a digest or a tag", _INVALID, imageIds=[{}]),
    _on("DescribeImages", "A page has one image or more", _INVALID, maxResults=0),
    _on("DescribeImages", "A page has 1,000 images or fewer", _INVALID, maxResults=1001),
    _on("DescribeImages", "Pages don't go with image ids", _INVALID, maxResults=10, imageIds=[{"imageTag": "v1"}]),
    _on("DescribeImages", "A token comes from an earlier answer", _INVALID, nextToken="nonsense"),
    _on("DescribeImages", "A tag status is one of three", _INVALID, filter={"tagStatus": "SOME"}),
    _on("ListImages", "A token comes from an earlier answer", _INVALID, nextToken="-1"),
    _on("ListImages", "A page has 1,000 ids or fewer", _INVALID, maxResults=1001),
    Rule("Repositories that are asked for must be there", "DescribeRepositories",
         {"repositoryNames": ["fixed", "absent"]}, _ABSENT, "DescribeRepositories (Amazon ECR API Reference)"),
    Rule("Pages don't go with names", "DescribeRepositories", {"repositoryNames": ["fixed"], "maxResults": 5},
         _INVALID, "DescribeRepositories (Amazon ECR API Reference)"),
    Rule("A token comes from an earlier answer", "DescribeRepositories", {"nextToken": "x"}, _INVALID,
         "DescribeRepositories (Amazon ECR API Reference)"),
    _on("PutImage", "An immutable tag does not move", "ImageTagAlreadyExistsException", _MUTABILITY, "immutable",
        imageManifest=_OTHER, imageTag="v1"),
    _on("PutImage", "An image under a tag is put once", "ImageAlreadyExistsException", _IMAGE, "already exists",
        imageManifest=_FIXED, imageTag="v1"),
    _on("PutImage", "An image without a tag is put once", "ImageAlreadyExistsException", _IMAGE, "tag 'null'",
        imageManifest=_FIXED),
    _on("PutImage", "A digest is that of the manifest", "ImageDigestDoesNotMatchException", _IMAGE,
        imageManifest=_OTHER, imageDigest=_DIGEST),
    _on("PutImage", "A manifest is JSON", _INVALID, _IMAGE, "Invalid JSON syntax", imageManifest="{"),
    _on("PutImage", "A manifest has a media type", _INVALID, _IMAGE, imageManifest="{}"),
    _on("PutImage", "A manifest, or the call, says its media type", _INVALID, _IMAGE,
        "image manifest mediatype not provided in manifest or parameter", imageManifest='{"schemaVersion": 2}'),
    _on("PutImage", "Layers are there before the image", "LayersNotFoundException", _IMAGE, imageManifest=_OCI),
    _on("PutImage", "Images of a list are there before it", "ReferencedImagesNotFoundException", _IMAGE, _DIGEST,
        imageManifest=_LIST),
    _on("PutImage", "A tag has 300 characters or fewer", _INVALID, _IMAGE, imageManifest=_OTHER, imageTag="a" * 301),
    _on("PutImage", "A tag has no slash", _INVALID, _IMAGE, imageManifest=_OTHER, imageTag="a/b"),
    _on("PutImage", "A tag does not begin with a dot", _INVALID, _IMAGE, imageManifest=_OTHER, imageTag=".a"),
    _on("BatchGetImage", "One image or more is asked for", _INVALID, imageIds=[]),
    _on("BatchGetImage", "100 images or fewer are asked for", _INVALID, imageIds=[{"imageTag": "v1"}] * 101),
    _on("BatchDeleteImage", "One image or more is deleted", _INVALID, imageIds=[]),
    _on("PutImageTagMutability", "Mutability is one of four", _INVALID, imageTagMutability="NEVER"),
    _on("PutImageTagMutability", "Exclusions need filters", _INVALID, _MUTABILITY,
        imageTagMutability="MUTABLE_WITH_EXCLUSION"),
    _on("GetRepositoryPolicy", "The policy must be there", "RepositoryPolicyNotFoundException",
        says="Repository policy does not exist"),
    _on("DeleteRepositoryPolicy", "The policy must be there", "RepositoryPolicyNotFoundException"),
    _on("SetRepositoryPolicy", "A policy is JSON", _INVALID, _POLICY, "Invalid repository policy", policyText="no"),
    _on("SetRepositoryPolicy", "A statement names principals", _INVALID, _POLICY,
        policyText=json.dumps({"Statement": [{"Effect": "Allow", "Action": "ecr:*"}]})),
    _on("SetRepositoryPolicy", "Actions are ECR's", _INVALID, _POLICY, policyText=json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*"}]})),
    _on("SetRepositoryPolicy", "A policy has 10,240 characters or fewer", _INVALID, policyText=" " * 10241),
    _on("GetLifecyclePolicy", "The policy must be there", "LifecyclePolicyNotFoundException",
        says="Lifecycle policy does not exist"),
    _on("DeleteLifecyclePolicy", "The policy must be there", "LifecyclePolicyNotFoundException"),
    _on("StartLifecyclePolicyPreview", "A policy must be given or be there", "LifecyclePolicyNotFoundException"),
    _on("GetLifecyclePolicyPreview", "A preview must have been started", "LifecyclePolicyPreviewNotFoundException"),
    _on("PutLifecyclePolicy", "A policy is JSON", _INVALID, _LIFECYCLE, "Could not map", lifecyclePolicyText="no" * 50),
    _on("PutLifecyclePolicy", "A policy has 100 characters or more", _INVALID, lifecyclePolicyText="{}"),
    _on("PutLifecyclePolicy", "A policy has 30,720 characters or fewer", _INVALID, _QUOTAS,
        lifecyclePolicyText=" " * 30721),
    _lifecycle("A policy has nothing but rules", "not allowed by the schema", _one(), Version="2012-10-17"),
    _lifecycle("A policy has a rule", "1 to 50"),
    _lifecycle("A policy has 50 rules at most", "1 to 50", *(_one(number) for number in range(1, 52)), page=_QUOTAS),
    _lifecycle("A rule has an action", '["action"]', _without(_one(), "action")),
    _lifecycle("A rule has a selection", '["selection"]', _without(_one(), "selection")),
    _lifecycle("A rule has a priority", '["rulePriority"]', _without(_one(), "rulePriority")),
    _lifecycle("A rule has nothing unknown", '["name"]', _one(name="x")),
    _lifecycle("Priorities are unique", "must be unique", _one(1), _one(1)),
    _lifecycle("A priority is 1 or more", "minimum: 1", _one(0)),
    _lifecycle("A rule for any image is the last one", "must be the last", _one(1),
               _one(2, selection=_selection(tagStatus="untagged"))),
    _lifecycle("An action expires", "(delete) not found in enum", _one(action={"type": "delete"})),
    _lifecycle("A tag status is one of three", "(some) not found in enum",
               _one(selection=_selection(tagStatus="some"))),
    _lifecycle("A rule for tagged images names tags", "goes with tagStatus tagged",
               _one(selection=_selection(tagStatus="tagged"))),
    _lifecycle("A rule for untagged images names none", "goes with tagStatus tagged",
               _one(selection=_selection(tagStatus="untagged", tagPrefixList=["a"]))),
    _lifecycle("A tag pattern has four wildcards at most", "wildcards",
               _one(selection=_selection(tagStatus="tagged", tagPatternList=["*a*b*c*d*"]))),
    _lifecycle("A count is of a known type", "matched 0 out of 2", _one(selection=_selection(countType="size"))),
    _lifecycle("A count is 1 or more", "minimum: 1, found: 0", _one(selection=_selection(countNumber=0))),
    _lifecycle("A count is a number", "integer", _one(selection=_selection(countNumber="3"))),
    _lifecycle("Age has a unit", "countUnit", _one(selection=_selection(countType="sinceImagePushed"))),
    _lifecycle("The unit is days", "(hours) not found in enum",
               _one(selection=_selection(countType="sinceImagePushed", countUnit="hours"))),
    _lifecycle("A number of images has no unit", "countUnit", _one(selection=_selection(countUnit="days"))),
    Rule("An ARN is a repository's", "TagResource", {"resourceArn": "arn:aws:s3:::b", "tags": _tags(("a", "b"))},
         _INVALID, _TAGS, "Invalid ARN"),
    Rule("Tags are a repository's that is there", "TagResource",
         {"resourceArn": "{arn}x", "tags": _tags(("a", "b"))}, _ABSENT, _TAGS),
    Rule("A repository has 50 tags at most, with those it has", "TagResource",
         {"resourceArn": "{arn}", "tags": _tags(*((f"k{number}", "") for number in range(50)))},
         "TooManyTagsException", _TAGS),
    Rule("Tags are listed of a repository that is there", "ListTagsForResource", {"resourceArn": "{arn}x"}, _ABSENT,
         "ListTagsForResource (Amazon ECR API Reference)"),
    Rule("The registry's policy must be there", "GetRegistryPolicy", {}, "RegistryPolicyNotFoundException",
         "GetRegistryPolicy (Amazon ECR API Reference)"),
    Rule("The registry's policy must be there", "DeleteRegistryPolicy", {}, "RegistryPolicyNotFoundException",
         "DeleteRegistryPolicy (Amazon ECR API Reference)"),
    Rule("A policy of the registry is JSON", "PutRegistryPolicy", {"policyText": "no"}, _INVALID,
         "Private registry permissions in Amazon ECR (Amazon ECR User Guide)", "Invalid registry policy"),
    Rule("A policy of the registry names resources", "PutRegistryPolicy", {"policyText": json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": "ecr:ReplicateImage", "Principal": "*"}]})}, _INVALID,
         "Private registry permissions in Amazon ECR (Amazon ECR User Guide)"),
    Rule("Continuous scanning is enhanced scanning's", "PutRegistryScanningConfiguration",
         {"scanType": "BASIC", "rules": [{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": []}]}, _INVALID,
         "PutRegistryScanningConfiguration (Amazon ECR API Reference)"),
    Rule("A filter of scanning is a wildcard", "PutRegistryScanningConfiguration",
         {"rules": [{"scanFrequency": "MANUAL", "repositoryFilters": [{"filter": "A B", "filterType": "WILDCARD"}]}]},
         _INVALID, "PutRegistryScanningConfiguration (Amazon ECR API Reference)"),
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    """ECR's own handlers."""
    apis.register(EcrApi(plane.documents, apis, Clock()))


async def prepare(apis: Apis) -> dict[str, str]:
    """A repository whose tags don't move, with an image and a tag of its own."""
    request = {"repositoryName": "fixed", "imageTagMutability": "IMMUTABLE", "tags": _tags(("own", "tag"))}
    made = await apis.call("ecr", "CreateRepository", request)
    await apis.call("ecr", "PutImage", {"repositoryName": "fixed", "imageTag": "v1", "imageManifest": _FIXED})
    return {"arn": made["repository"]["repositoryArn"]}
