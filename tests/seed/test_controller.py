import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError, Retryable, Terminal, UserError
from netflux.runtime.trees import Trees
from netflux.seed import image
from netflux.seed.config import BucketSource, Config, ContainerSource, ImageSource
from netflux.seed.controller import SeedController, content_type


class Cloud:
    """The calls that seeding makes, in memory."""

    def __init__(self) -> None:
        self.repositories: dict[str, str] = {}
        self.images: dict[str, dict[str, Any]] = {}
        self.buckets: dict[str, str] = {}
        self.objects: dict[str, dict[str, Any]] = {}
        self.refuse_after: int | None = None
        self.trees = Trees(Path(tempfile.mkdtemp(prefix="nf-seed-")), lambda _digest: True)

    async def call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self, f"{service}_{operation}")(params)
        return answer

    def ecr_DescribeRepositories(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802, AWS's names
        (name,) = params["repositoryNames"]
        if name not in self.repositories:
            raise AwsError("RepositoryNotFoundException", name)
        return {"repositories": [{"createdAt": self.repositories[name]}]}

    def ecr_DescribeImages(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"imageDetails": [{"imageTags": [tag], "imageDigest": digest} for tag, digest in self.images.items()]}

    def ecr_PutImage(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        import hashlib

        digest = "sha256:" + hashlib.sha256(params["imageManifest"].encode()).hexdigest()
        self.images[params["imageTag"]] = digest  # type: ignore[assignment]
        return {"image": {"imageId": {"imageDigest": digest}}}

    def s3_ListBuckets(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Buckets": [{"Name": name, "CreationDate": born} for name, born in self.buckets.items()]}

    def s3_ListObjectsV2(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Contents": [{"Key": key, "ETag": f'"{body["ETag"]}"'} for key, body in self.objects.items()]}

    def s3_PutObject(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        import hashlib

        if self.refuse_after is not None and len(self.objects) >= self.refuse_after:
            raise AwsError("InternalError", "the disk is full", 500)
        self.objects[params["Key"]] = {**params, "ETag": hashlib.md5(params["Body"]).hexdigest()}
        return {}


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[Documents]:
    opened = Documents(tmp_path / "netflux.db")
    yield opened
    opened.close()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "js").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "index.html").write_text("<h1>Hello</h1>")
    (folder / "js" / "app.js").write_text("export {}")
    (folder / "tests" / "site.test.js").write_text("")
    (folder / ".hidden").write_text("")
    return folder


@pytest.fixture
def config(tmp_path: Path, site: Path) -> Config:
    return Config(
        template=tmp_path / "t.yaml",
        stack="s",
        images=(ImageSource("movies", "latest", tmp_path, ("serve",)),),
        buckets=(BucketSource("b", site, ("tests",)),),
    )


async def one_pass(cloud: Cloud, documents: Documents, config: Config) -> None:
    controller = SeedController(cloud.call, documents, (config, "process"), cloud.trees)
    for key in await controller.keys():
        await controller.reconcile(key)


async def test_nothing_happens_before_the_repository_and_the_bucket_exist(documents: Documents, config: Config) -> None:
    cloud = Cloud()
    await one_pass(cloud, documents, config)
    assert (cloud.images, cloud.objects) == ({}, {})


async def test_a_new_repository_and_a_new_bucket_are_filled(documents: Documents, config: Config) -> None:
    cloud = Cloud()
    cloud.repositories["movies"] = cloud.buckets["b"] = "monday"
    await one_pass(cloud, documents, config)
    assert [*cloud.images] == ["latest"]
    assert {key: body["ContentType"] for key, body in cloud.objects.items()} == {
        "index.html": "text/html; charset=utf-8",
        "js/app.js": "text/javascript; charset=utf-8",
    }


async def test_what_was_emptied_on_purpose_stays_empty_until_it_is_made_anew(
    documents: Documents, config: Config
) -> None:
    cloud = Cloud()
    cloud.repositories["movies"] = cloud.buckets["b"] = "monday"
    await one_pass(cloud, documents, config)
    cloud.images.clear()
    cloud.objects.clear()
    await one_pass(cloud, documents, config)
    assert (cloud.images, cloud.objects) == ({}, {})
    cloud.repositories["movies"] = cloud.buckets["b"] = "tuesday"
    await one_pass(cloud, documents, config)
    assert len(cloud.images) == 1
    assert len(cloud.objects) == 2


async def test_a_bucket_with_a_persons_objects_is_never_touched(documents: Documents, config: Config) -> None:
    cloud = Cloud()
    cloud.buckets["b"] = "monday"
    cloud.objects["theirs"] = {"ETag": "1"}
    await one_pass(cloud, documents, config)
    del cloud.objects["theirs"]
    await one_pass(cloud, documents, config)
    assert cloud.objects == {}


async def test_an_upload_that_failed_halfway_is_completed(documents: Documents, config: Config) -> None:
    cloud = Cloud()
    cloud.buckets["b"] = "monday"
    cloud.refuse_after = 1
    with pytest.raises(Retryable, match=r"bucket/b could not be filled: InternalError: the disk is full"):
        await one_pass(cloud, documents, config)
    cloud.refuse_after = None
    await one_pass(cloud, documents, config)
    assert sorted(cloud.objects) == ["index.html", "js/app.js"]


async def test_an_edited_site_is_sent_at_the_next_start(documents: Documents, config: Config, site: Path) -> None:
    cloud = Cloud()
    cloud.buckets["b"] = "monday"
    await one_pass(cloud, documents, config)
    (site / "index.html").write_text("<h1>New</h1>")
    await one_pass(cloud, documents, config)
    assert cloud.objects["index.html"]["Body"] == b"<h1>New</h1>"


async def test_a_push_of_a_folder_that_is_absent_is_refused(config: Config) -> None:
    from netflux.errors import UserError

    gone = ImageSource("movies", "latest", Path("/nowhere/at/all"), ("serve",))
    with pytest.raises(UserError, match="/nowhere/at/all is not a folder"):
        await image.push(Cloud().call, Cloud().trees, gone)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.css", "text/css; charset=utf-8"),
        ("a.JS", "text/javascript; charset=utf-8"),
        ("poster.svg", "image/svg+xml; charset=utf-8"),
        ("a.png", "image/png"),
        ("a.unknown-ending", "application/octet-stream"),
    ],
)
def test_media_types_do_not_depend_on_the_machine(name: str, expected: str) -> None:
    assert content_type(Path(name)) == expected


class Podman:
    """podman's images, in memory."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.images: dict[str, str] = {}

    async def identity(self, name: str) -> str:
        if name not in self.images:
            raise UserError(f"podman has no image {name}")
        return self.images[name]

    async def push(self, name: str, _repository: str, tag: str) -> str:
        digest = f"sha256:manifest-of-{self.images[name]}"
        self.cloud.images[tag] = digest  # type: ignore[assignment]
        return digest


async def test_a_container_is_pushed_once_and_again_when_it_was_built_anew(documents: Documents) -> None:
    cloud = Cloud()
    cloud.repositories["tools"] = "today"
    podman = Podman(cloud)
    config = Config(Path("t.yaml"), "s", containers=(ContainerSource("tools", "latest", "localhost/tools"),))

    async def run() -> SeedController:
        made = SeedController(cloud.call, documents, (config, "podman"), cloud.trees, podman)  # type: ignore[arg-type]
        await made.reconcile("image/tools:latest")
        return made

    with pytest.raises(Terminal, match="podman has no image localhost/tools"):
        await run()
    podman.images["localhost/tools"] = "first"
    await (await run()).filled("tools", "latest")
    assert cloud.images == {"latest": "sha256:manifest-of-first"}
    podman.images["localhost/tools"] = "second"
    await run()
    assert cloud.images == {"latest": "sha256:manifest-of-second"}
    cloud.images["latest"] = "sha256:theirs"  # type: ignore[assignment]
    podman.images["localhost/tools"] = "third"
    await run()
    assert cloud.images == {"latest": "sha256:theirs"}


async def test_a_folder_is_not_pushed_where_only_containers_run(documents: Documents, tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.repositories["movies"] = "today"
    config = Config(Path("t.yaml"), "s", images=(ImageSource("movies", "latest", tmp_path, ("run",)),))
    controller = SeedController(cloud.call, documents, (config, "podman"), cloud.trees)
    with pytest.raises(Terminal, match="runs containers only"):
        await controller.reconcile("image/movies:latest")
    await controller.filled("movies", "latest")
    assert cloud.images == {}
