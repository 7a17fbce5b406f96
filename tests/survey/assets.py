"""Files that CDK's templates name: their snapshots stand beside them, and are uploaded as `cdk deploy` does."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_done: set[Path] = set()


def upload(s3: Any, bucket: str, folder: Path) -> None:
    """Once, all of a folder's manifests."""
    if folder in _done:
        return
    _done.add(folder)
    for manifest in folder.glob("*.assets.json"):
        for asset in json.loads(manifest.read_text()).get("files", {}).values():
            content = _content(folder / asset["source"]["path"], asset["source"].get("packaging", "file"))
            for place in asset["destinations"].values():
                if content is not None:
                    s3.put_object(Bucket=bucket, Key=place["objectKey"], Body=content)


def _content(path: Path, packaging: str) -> bytes | None:
    if path.is_file():
        return path.read_bytes()
    if packaging != "zip" or not path.is_dir():
        return None
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in _files(path):
            archive.write(file, file.relative_to(path))
    return packed.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
