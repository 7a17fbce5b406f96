"""Pages of keys, byte ranges, and which operation a request is, without a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux import content
from netflux.aws.s3 import listing, route

keys_ = st.lists(st.text(alphabet="ab/é", min_size=1, max_size=6), max_size=40).map(lambda found: sorted(set(found)))


@given(keys_, st.sampled_from(["", "a", "a/", "b"]), st.sampled_from(["", "/"]), st.integers(1, 5))
def test_pages_together_are_the_whole_list(keys: list[str], prefix: str, delimiter: str, size: int) -> None:
    wanted: list[str] = []
    for key in (key for key in keys if key.startswith(prefix)):
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        entry = key[: cut + 1] if cut >= 0 else key
        if entry not in wanted:
            wanted.append(entry)
    found: list[str] = []
    after = ""
    while True:
        page = listing.page(keys, listing.Question(prefix, delimiter, after, size))
        found += sorted([*page.keys, *page.prefixes])
        assert len(page.keys) + len(page.prefixes) <= size
        if not page.last:
            break
        after = page.last
    assert found == sorted(wanted)


def test_a_key_that_is_the_prefix_itself_hides_none_behind_it() -> None:
    first = listing.page(["a/", "a/b"], listing.Question("a/", "/", limit=1))
    assert listing.page(["a/", "a/b"], listing.Question("a/", "/", first.last, 1)).keys == ("a/b",)


@given(st.binary(max_size=30), st.integers(0, 40), st.integers(0, 40))
def test_a_range_is_the_slice_it_names(body: bytes, first: int, last: int) -> None:
    try:
        span = content.span(f"bytes={first}-{last}", len(body))
    except ValueError:
        assert first >= len(body)
        return
    if span is None:
        assert last < first
    else:
        assert body[span.start : span.end + 1] == body[first : last + 1]


@pytest.mark.parametrize(
    ("host", "path", "place"),
    [
        ("localhost:4566", "/b/k/x", ("b", "k/x")),
        ("localhost", "/", ("", "")),
        ("b.s3.us-east-1.localhost:4566", "/k%20x", ("b", "k x")),
        ("b.s3.amazonaws.com", "/", ("b", "")),
        ("s3.eu-west-1.amazonaws.com", "/b", ("b", "")),
        ("my.dotted.s3.localhost", "/k", ("my.dotted", "k")),
    ],
)
def test_hosts_and_paths_name_buckets_and_keys(host: str, path: str, place: tuple[str, str]) -> None:
    assert route.place(host, path) == route.Place(*place)


@pytest.mark.parametrize(
    ("method", "target", "query", "name"),
    [
        ("GET", ("", ""), {}, "ListBuckets"),
        ("GET", ("b", ""), {}, "ListObjects"),
        ("GET", ("b", ""), {"list-type": "2"}, "ListObjectsV2"),
        ("GET", ("b", ""), {"policy": ""}, "GetBucketPolicy"),
        ("GET", ("b", ""), {"cors": ""}, "GetBucketCors"),
        ("POST", ("b", ""), {"delete": ""}, "DeleteObjects"),
        ("PUT", ("b", "k"), {}, "PutObject"),
        ("PUT", ("b", "k"), {"partNumber": "1", "uploadId": "u"}, "UploadPart"),
        ("POST", ("b", "k"), {"uploads": ""}, "CreateMultipartUpload"),
        ("POST", ("b", "k"), {"uploadId": "u"}, "CompleteMultipartUpload"),
        ("GET", ("b", "k"), {"uploadId": "u"}, "ListParts"),
        ("GET", ("b", "k"), {"x-id": "GetObject"}, "GetObject"),
        ("DELETE", ("b", "k"), {"tagging": ""}, "DeleteObjectTagging"),
        ("PATCH", ("b", "k"), {}, None),
    ],
)
def test_which_operation_it_is(method: str, target: tuple[str, str], query: dict[str, str], name: str | None) -> None:
    assert route.router().find(method, route.Place(*target), query, ()) == name


def test_a_copy_is_told_by_its_header() -> None:
    assert route.router().find("PUT", route.Place("b", "k"), {}, ("X-Amz-Copy-Source",)) == "CopyObject"
