"""OCI images made of files, without an engine: what `skopeo copy oci:…` takes."""

import gzip
import hashlib
import io
import json
import platform
import subprocess
import tarfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_LAYERS: dict[int, tuple[Mapping[str, bytes], str, bytes]] = {}
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class OciImage:
    """An image to write. Each has an id of its own: `podman rmi --force` in one test ends no containers of another.

    Attributes:
        files: contents by absolute path; executable.
        command: Cmd.
        config: more of the image's configuration.
        identity: a label's value.
    """

    files: Mapping[str, bytes]
    command: Sequence[str] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    identity: str = field(default_factory=lambda: uuid.uuid4().hex)

    def write(self, folder: Path) -> str:
        """Writes an OCI layout; the digest of its one manifest."""
        (folder / "blobs/sha256").mkdir(parents=True, exist_ok=True)
        tar, packed = _layer(self.files)
        layer = self._blob(folder, packed, "application/vnd.oci.image.layer.v1.tar+gzip")
        body = {
            "architecture": _ARCHITECTURES[platform.machine()],
            "os": "linux",
            "config": {"Cmd": [*self.command], "Env": ["PATH=/bin"], "Labels": {"one": self.identity}, **self.config},
            "rootfs": {"type": "layers", "diff_ids": [tar]},
        }
        config = self._blob(folder, json.dumps(body).encode(), "application/vnd.oci.image.config.v1+json")
        media_type = "application/vnd.oci.image.manifest.v1+json"
        manifest = {"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": [layer]}
        found = self._blob(folder, json.dumps(manifest).encode(), media_type)
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [found]}))
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        return str(found["digest"])

    @staticmethod
    def _blob(folder: Path, content: bytes, media_type: str) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        (folder / "blobs/sha256" / digest).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def _layer(files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """The digest of the layer's tar file, and that file compressed; made once for images that share their files."""
    if id(files) not in _LAYERS:
        tar = _tar(files)
        _LAYERS[id(files)] = files, "sha256:" + hashlib.sha256(tar).hexdigest(), gzip.compress(tar, 1, mtime=0)
    return _LAYERS[id(files)][1:]


def _tar(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
        for name in ("tmp", "etc", "proc", "sys", "dev"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o777
            archive.addfile(entry)
    return out.getvalue()


def busybox() -> bytes | None:
    """A static busybox of this machine (Debian package busybox-static); None when there is none."""
    path = Path("/bin/busybox")
    if not path.is_file():
        return None
    said = subprocess.run(["/usr/bin/env", "ldd", str(path)], capture_output=True, text=True, check=False)
    return path.read_bytes() if "not a dynamic" in said.stdout + said.stderr else None
