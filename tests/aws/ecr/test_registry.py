"""The registry's protocol, by skopeo and podman through the gateway, and what ECR's API then shows."""

import asyncio
import base64
import hashlib
import json
import shutil
import signal
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from netflux.aws.ecr import distribution
from netflux.errors import AwsError
from tests.aws.ecr.cloud import Cloud
from tests.oci import OciImage

needs_registry = pytest.mark.skipif(
    distribution.program() is None or shutil.which("skopeo") is None,
    reason="needs docker-registry and skopeo (apt-get install docker-registry skopeo)",
)
IMAGE = OciImage({"/bin/program": b"one"}, ["/bin/program"])
OTHER = OciImage({"/bin/program": b"two"}, ["/bin/program"])


@pytest.fixture
def short() -> Iterator[Path]:
    """A directory whose name is short enough for unix sockets; pytest's own are not."""
    with TemporaryDirectory(prefix="nf-") as directory:
        yield Path(directory)


@pytest.fixture
async def cloud(short: Path) -> AsyncIterator[Cloud]:
    made = Cloud(short)
    await made.start()
    await made.repository("movies")
    yield made
    await made.stop()


async def get(
    url: str, headers: Mapping[str, str] = {}, body: bytes | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    """The answer to a GET, or to a PUT of a body."""

    def ask() -> tuple[int, Mapping[str, str], bytes]:
        method = "GET" if body is None else "PUT"
        wanted = urllib.request.Request(url, body, dict(headers), method=method)
        try:
            with urllib.request.urlopen(wanted, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    return await asyncio.to_thread(ask)


@needs_registry
async def test_a_pushed_image_is_shown_and_comes_back_bit_by_bit(cloud: Cloud, tmp_path: Path) -> None:
    digest = await cloud.push(IMAGE, "movies:v1", tmp_path / "image")
    described = await cloud.apis.call("ecr", "DescribeImages", {"repositoryName": "movies"})
    (detail,) = described["imageDetails"]
    manifest = json.loads((tmp_path / "image/blobs/sha256" / digest.removeprefix("sha256:")).read_text())
    assert (detail["imageDigest"], detail["imageTags"]) == (digest, ["v1"])
    assert detail["imageSizeInBytes"] == manifest["config"]["size"] + manifest["layers"][0]["size"]
    assert detail["artifactMediaType"] == "application/vnd.oci.image.config.v1+json"
    code, said = await cloud.skopeo("copy", f"REGISTRY/movies@{digest}", f"dir:{tmp_path / 'back'}")
    assert code == 0, said
    layer = manifest["layers"][0]["digest"].removeprefix("sha256:")
    assert hashlib.sha256((tmp_path / "back" / layer).read_bytes()).hexdigest() == layer
    code, said = await cloud.skopeo("list-tags", "REGISTRY/movies")
    assert json.loads(said)["Tags"] == ["v1"]


@needs_registry
async def test_nothing_is_served_without_a_good_password(cloud: Cloud) -> None:
    status, headers, body = await get(f"http://{cloud.host}/v2/")
    assert (status, json.loads(body)["errors"][0]["code"]) == (401, "UNAUTHORIZED")
    assert headers["WWW-Authenticate"] == f'Basic realm="https://{cloud.server.host}/",service="ecr.amazonaws.com"'
    code, said = await cloud.skopeo("list-tags", "REGISTRY/movies", password="wrong")
    assert code != 0
    assert "unauthorized" in said.lower()


@pytest.mark.skipif(shutil.which("podman") is None, reason="needs podman (apt-get install podman)")
async def test_podman_logs_in_with_the_password_of_the_authorization_token(cloud: Cloud, tmp_path: Path) -> None:
    answer = await cloud.apis.call("ecr", "GetAuthorizationToken", {})
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    password = token.partition(":")[2]
    argv = ["podman", "login", "--cert-dir", str(cloud.certificates), "--authfile", str(tmp_path / "auth.json"), "-u",
            "AWS", "--password-stdin", cloud.host]  # fmt: skip
    code, said = await cloud.run(*argv, stdin=password)
    assert (code, said.strip()) == (0, "Login Succeeded!")
    code, said = await cloud.run(*argv, stdin="wrong")
    assert code != 0
    assert "invalid username/password" in said


@pytest.mark.parametrize(
    "form", ["123456789012.dkr.ecr.us-east-1.localhost", "123456789012.dkr.ecr.us-east-1.amazonaws.com"]
)
async def test_the_registry_answers_to_its_own_name_and_to_aws_form(cloud: Cloud, form: str) -> None:
    status, headers, _ = await get(f"http://{cloud.host}/v2/", {"Host": form})
    assert (status, headers["Docker-Distribution-Api-Version"]) == (401, "registry/2.0")


@needs_registry
async def test_a_repository_has_to_be_made_before_the_push(cloud: Cloud, tmp_path: Path) -> None:
    IMAGE.write(tmp_path / "image")
    code, said = await cloud.skopeo("copy", f"oci:{tmp_path / 'image'}", "REGISTRY/absent:v1")
    assert code != 0
    assert "The repository with name 'absent' does not exist in the registry with id '123456789012'" in said


@needs_registry
async def test_an_immutable_tag_takes_the_same_image_again_but_no_other(cloud: Cloud, tmp_path: Path) -> None:
    await cloud.repository("fixed", imageTagMutability="IMMUTABLE")
    await cloud.push(IMAGE, "fixed:v1", tmp_path / "one")
    await cloud.push(IMAGE, "fixed:v1", tmp_path / "one")
    OTHER.write(tmp_path / "two")
    code, said = await cloud.skopeo("copy", f"oci:{tmp_path / 'two'}", "REGISTRY/fixed:v1")
    assert code != 0
    assert (
        "The image tag 'v1' already exists in the 'fixed' repository and cannot be overwritten because the tag is "
        "immutable." in said
    )


@needs_registry
async def test_a_deleted_image_can_no_longer_be_pulled(cloud: Cloud, tmp_path: Path) -> None:
    digest = await cloud.push(IMAGE, "movies:v1", tmp_path / "image")
    await cloud.apis.call("ecr", "BatchDeleteImage", {"repositoryName": "movies", "imageIds": [{"imageTag": "v1"}]})
    for name in ("movies:v1", f"movies@{digest}"):
        code, said = await cloud.skopeo("inspect", "--raw", f"REGISTRY/{name}")
        assert code != 0
        assert "Requested image not found" in said


@needs_registry
async def test_a_manifest_without_its_layers_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    digest = IMAGE.write(tmp_path / "image")
    manifest = (tmp_path / "image/blobs/sha256" / digest.removeprefix("sha256:")).read_text()
    with pytest.raises(AwsError) as caught:
        await cloud.apis.call(
            "ecr", "PutImage", {"repositoryName": "movies", "imageManifest": manifest, "imageTag": "v1"}
        )
    assert caught.value.code == "LayersNotFoundException"
    assert not (await cloud.apis.call("ecr", "ListImages", {"repositoryName": "movies"}))["imageIds"]


async def test_a_manifest_that_is_too_large_or_no_text_is_refused(cloud: Cloud) -> None:
    password = base64.b64encode(f"AWS:{cloud.passwords.issue()[0]}".encode()).decode()
    headers = {"Authorization": f"Basic {password}", "Content-Type": "application/vnd.oci.image.manifest.v1+json"}
    for body, status, code in (
        (b"x" * (4 * 1024 * 1024 + 1), 413, "SIZE_INVALID"),
        (b"\xff", 400, "MANIFEST_INVALID"),
        (b"[" * 100_000, 400, "MANIFEST_INVALID"),
        (b"{", 400, "MANIFEST_INVALID"),
    ):
        got, _, said = await get(f"http://{cloud.host}/v2/movies/manifests/v1", headers, body)
        assert (got, json.loads(said)["errors"][0]["code"]) == (status, code)
    for number in ("²", "9" * 5000, "-1"):
        quoted = urllib.parse.quote(number)
        assert (await get(f"http://{cloud.host}/v2/movies/tags/list?n={quoted}", headers))[0] == 200


@needs_registry
async def test_layers_go_up_by_the_api_and_down_by_their_url(cloud: Cloud) -> None:
    layer = b"a layer" * 1000
    digest = "sha256:" + hashlib.sha256(layer).hexdigest()
    about = {"repositoryName": "movies"}
    upload = (await cloud.apis.call("ecr", "InitiateLayerUpload", about))["uploadId"]
    for first, part in ((0, layer[:3000]), (3000, layer[3000:])):
        last = first + len(part) - 1
        params = {**about, "uploadId": upload, "partFirstByte": first, "partLastByte": last, "layerPartBlob": part}
        assert (await cloud.apis.call("ecr", "UploadLayerPart", params))["lastByteReceived"] == last
    await cloud.apis.call("ecr", "CompleteLayerUpload", {**about, "uploadId": upload, "layerDigests": [digest]})
    checked = await cloud.apis.call("ecr", "BatchCheckLayerAvailability", {**about, "layerDigests": [digest]})
    assert checked["layers"] == [{"layerDigest": digest, "layerAvailability": "AVAILABLE", "layerSize": len(layer)}]
    url = (await cloud.apis.call("ecr", "GetDownloadUrlForLayer", {**about, "layerDigest": digest}))["downloadUrl"]
    path = url.partition("localhost")[2].partition("/")[2]
    status, _, body = await get(f"http://{cloud.host}/{path}")
    assert (status, body) == (200, layer)
    other = path.replace(digest, "sha256:" + hashlib.sha256(b"another").hexdigest())
    assert (await get(f"http://{cloud.host}/{other}"))[0] == 401


@needs_registry
async def test_images_are_there_after_a_restart_and_after_the_registry_was_killed(cloud: Cloud, tmp_path: Path) -> None:
    digest = await cloud.push(IMAGE, "movies:v1", tmp_path / "image")
    child = next(child for child in cloud.children.running() if child.name == "registry")
    child.send(signal.SIGKILL)
    await child.wait()
    code, said = await cloud.skopeo("copy", f"REGISTRY/movies@{digest}", f"dir:{tmp_path / 'one'}")
    assert code == 0, said
    await cloud.stop()
    await cloud.start()
    code, said = await cloud.skopeo("copy", "REGISTRY/movies:v1", f"dir:{tmp_path / 'two'}")
    assert code == 0, said


@needs_registry
async def test_layers_of_deleted_images_are_collected_and_others_stay(cloud: Cloud, tmp_path: Path) -> None:
    await cloud.push(IMAGE, "movies:v1", tmp_path / "one")
    await cloud.push(OTHER, "movies:v2", tmp_path / "two")
    before = len([*cloud.path.glob("registry/docker/registry/v2/blobs/sha256/*/*/data")])
    await cloud.apis.call("ecr", "BatchDeleteImage", {"repositoryName": "movies", "imageIds": [{"imageTag": "v1"}]})
    await cloud.stop()
    await cloud.start()
    code, said = await cloud.skopeo("copy", "REGISTRY/movies:v2", f"dir:{tmp_path / 'back'}")
    assert code == 0, said
    assert len([*cloud.path.glob("registry/docker/registry/v2/blobs/sha256/*/*/data")]) < before


async def test_without_a_registry_installed_a_push_is_refused_by_name(short: Path) -> None:
    cloud = Cloud(short, installed=False)
    await cloud.start()
    try:
        await cloud.repository("movies")
        url, password = f"http://{cloud.host}/v2/movies/blobs/sha256:0", cloud.passwords.issue()[0]
        token = base64.b64encode(f"AWS:{password}".encode()).decode()
        status, _, body = await get(url, {"Authorization": f"Basic {token}"})
        assert status == 405
        assert "Install docker-registry" in json.loads(body)["errors"][0]["message"]
    finally:
        await cloud.stop()
