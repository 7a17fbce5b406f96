"""Names of images, by Docker's rules."""

import pytest

from netflux.runtime.reference import parse

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "host", "repository", "tag", "digest"),
    [
        ("nginx", "docker.io", "nginx", "latest", None),
        ("library/nginx:1.27", "docker.io", "library/nginx", "1.27", None),
        ("localhost:5000/a/b", "localhost:5000", "a/b", "latest", None),
        (f"ghcr.io/a/b:t@{DIGEST}", "ghcr.io", "a/b", "t", DIGEST),
        (f"ghcr.io/a/b@{DIGEST}", "ghcr.io", "a/b", None, DIGEST),
    ],
)
def test_a_name_is_split(text: str, host: str, repository: str, tag: str | None, digest: str | None) -> None:
    found = parse(text)
    assert (found.host, found.repository, found.tag, found.digest) == (host, repository, tag, digest)
    assert found.account is None


@pytest.mark.parametrize("suffix", ["amazonaws.com", "localhost", "localhost:4566"])
def test_the_private_registry_is_known_by_both_of_its_names(suffix: str) -> None:
    found = parse(f"123456789012.dkr.ecr.us-east-1.{suffix}/team/movies:v1")
    assert (found.account, found.region, found.repository, found.tag) == (
        "123456789012",
        "us-east-1",
        "team/movies",
        "v1",
    )


@pytest.mark.parametrize("text", ["", "Upper", "a:b:c", "a@sha256:1", "a/", "a:-"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid reference format"):
        parse(text)
