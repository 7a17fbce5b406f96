"""The two services as OCI images, made without a network: this machine's own Python, and what the services import.

The Dockerfiles in app/ start from an image of a public registry; what they put on it is what is put here. Both images
share their one layer and differ in their command.
"""

from __future__ import annotations

import marshal
import re
import subprocess
import sys
import sysconfig
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import Distribution, distribution
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

from packaging.requirements import Requirement

from netflux.aws.ecr.distribution import program as distribution_program
from netflux.runtime.engine import why_not
from tests.behaviours.cloud import ROOT, Cloud
from tests.behaviours.stack import SERVICES
from tests.oci import OciImage

PARTS = {
    "netflux-chassis": ROOT / "app/chassis/netflux_chassis",
    "netflux-database": ROOT / "app/database/netflux_database",
    "netflux-movie-service": ROOT / "app/movie-service/movie_service",
    "netflux-customer-service": ROOT / "app/customer-service/customer_service",
}
"""The application's own distributions, each with its package: they are installed as links, so have no files."""
_SITE = "/srv"
_LEFT_OUT = {"test", "idlelib", "tkinter", "ensurepip", "lib2to3", "turtledemo", "site-packages", "__pycache__"}
USER = "10001"


@cache
def _layer() -> Mapping[str, bytes]:
    return dict(_files(Path(sys.base_prefix, "bin", "python")))


def service_image(service: str, command: Sequence[str] = ()) -> OciImage:
    """`movie-service` or `customer-service`, as its Dockerfile has it: not root, and the service as its command.

    Args:
        command: another one.
    """
    config = {
        "User": USER,
        "WorkingDir": _SITE,
        "Env": [f"PATH={sys.base_prefix}/bin:/bin", f"PYTHONPATH={_SITE}", "LANG=C.UTF-8"],
    }
    return OciImage(_layer(), command or ["python", "-m", service.replace("-", "_")], config)


def _files(python: Path) -> Iterator[tuple[str, bytes]]:
    binary = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}").resolve()
    yield str(python), binary.read_bytes()
    standard = Path(sysconfig.get_path("stdlib"))
    for file in _below(standard):
        yield from _code(str(file), file)
    for name, file in _installed():
        yield from _code(f"{_SITE}/{name}", file)
    for library in _libraries():
        yield library, Path(library).read_bytes()


def _code(place: str, file: Path) -> Iterator[tuple[str, bytes]]:
    """A file, and for a module its bytecode, which Python shall not compare with it (PEP 552): times are not kept."""
    content = file.read_bytes()
    yield place, content
    if file.suffix == ".py":
        with suppress(SyntaxError, ValueError):
            code = compile(content, place, "exec", dont_inherit=True)
            head = MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
            yield cache_from_source(place), head + marshal.dumps(code)


def _below(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if file.is_file() and not _LEFT_OUT.intersection(parts) and not parts[0].startswith("config-"):
            yield file


def _installed() -> Iterator[tuple[str, Path]]:
    """Files of everything that the services need, by their place in a site-packages folder."""
    for name, found in sorted(_needed().items()):
        if name in PARTS:
            yield from ((str(file.relative_to(PARTS[name].parent)), file) for file in _below(PARTS[name]))
        else:
            files = [(str(one), Path(str(found.locate_file(one)))) for one in found.files or ()]
            yield from ((one, file) for one, file in files if ".." not in one and "__pycache__" not in one)


def _needed() -> dict[str, Distribution]:
    found: dict[str, Distribution] = {}
    waiting = [Requirement(name) for name in PARTS]
    while waiting:
        wanted = waiting.pop()
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        found.setdefault(name, distribution(name))
        needs = [Requirement(text) for text in found[name].requires or ()]
        chosen = [need for need in needs if _applies(need, wanted.extras)]
        waiting += [need for need in chosen if re.sub(r"[-_.]+", "-", need.name).lower() not in found]
    return found


def _applies(need: Requirement, extras: set[str]) -> bool:
    return need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in {"", *extras})


def _libraries() -> list[str]:
    """The machine's own libraries that the services' code loads; those of a package lie beside it."""
    code = "import customer_service.application, movie_service.application, netflux_database.__main__, uvicorn, ssl\n"
    code += "import asyncio, hashlib, lzma, bz2, ctypes, uuid, zoneinfo\nprint(open('/proc/self/maps').read())"
    maps = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    found = set(re.findall(r"(/\S+\.so[.\d]*)$", maps, re.MULTILINE))
    loader = {str(path) for path in Path("/").glob("lib*/ld-*.so*")}
    own = [Path(one) for one in found | loader if not one.startswith(sys.prefix)]
    return sorted(name for library in own for name in _names(library))


def _names(library: Path) -> Iterator[str]:
    """A library by the names of the links to it: programs ask for `libffi.so.8` and get `libffi.so.8.1.2`."""
    for one in library.parent.glob(f"{library.name.partition('.so')[0]}.so*"):
        if one.resolve() == library.resolve():
            yield str(one)


def why_no_containers() -> str | None:
    """Why this machine can't run the stack's containers; None when it can."""
    if (refused := why_not()) is not None:
        return refused
    return None if distribution_program() else "needs docker-registry"


def into_podman(image: OciImage, folder: Path, name: str, podman: Sequence[str] = ("podman",)) -> str:
    """The id of the image in podman's store, where it is `localhost/{name}` as well.

    Args:
        podman: the command; another user's has another store.
    """
    image.write(folder / name)
    pull = [*podman, "pull", "--quiet", f"oci:{name}"]
    done = subprocess.run(pull, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def push(cloud: Cloud, image: OciImage, folder: Path, tag: str, podman: Sequence[str] = ("podman",)) -> None:
    """Into a repository of the cloud, by podman.

    Args:
        folder: for the image's files.
        tag: `repository:tag`.
        podman: the command.
    """
    token = cloud.boto3("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    found = into_podman(image, folder, f"netflux-test-{image.identity}", podman)
    options = ["--quiet", "--tls-verify=false", f"--creds={b64decode(token).decode()}"]
    try:
        done = subprocess.run(
            [*podman, "push", *options, found, f"127.0.0.1:{cloud.port}/{tag}"],
            capture_output=True, text=True, check=False, cwd=folder,
        )  # fmt: skip
    finally:
        subprocess.run([*podman, "rmi", "--force", found], capture_output=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr


@contextmanager
def container_project(folder: Path, podman: Sequence[str] = ("podman",)) -> Iterator[Path]:
    """A project like the repository's, whose images are podman's. They are podman's inside the block only."""
    lines = [f'template = "{ROOT}/architecture/netflux.yaml"', "[buckets.netflux-bucket]"]
    lines += [f'folder = "{ROOT}/app/site"', 'exclude = ["README.md"]']
    names = []
    for service in SERVICES:
        names.append(into_podman(service_image(service), folder, f"netflux-test-{service}", podman))
        lines += [f"[images.{service}]", f'container = "{names[-1]}"']
    (folder / "netflux.toml").write_text("\n".join(lines) + "\n")
    try:
        yield folder
    finally:
        subprocess.run([*podman, "rmi", "--force", *names], capture_output=True, check=False)
