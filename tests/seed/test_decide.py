from pathlib import Path

import pytest

from netflux.seed.config import Config, ContainerSource, ImageSource
from netflux.seed.decide import images, pushes, uploads

FOLDER = ImageSource("movies", "latest", Path("/movies"), ("run",))
BOTH = ContainerSource("movies", "latest", "localhost/movies")
ONLY = ContainerSource("tools", "v1", "localhost/tools")


@pytest.mark.parametrize(
    ("runtime", "chosen"),
    [
        ("process", {"movies:latest": FOLDER}),
        ("podman", {"movies:latest": BOTH, "tools:v1": ONLY}),
        ("auto", {"movies:latest": FOLDER, "tools:v1": ONLY}),
    ],
)
def test_the_runtime_says_what_stands_for_an_image(runtime: str, chosen: dict) -> None:
    config = Config(Path("t.yaml"), "s", images=(FOLDER,), containers=(BOTH, ONLY))
    assert images(config, runtime) == chosen
    assert images(None, runtime) == {}


def test_an_empty_repository_gets_its_image() -> None:
    assert pushes("latest", {}, set(), "new", True)


def test_a_repository_that_somebody_has_pushed_to_is_left_alone() -> None:
    assert not pushes("latest", {"mine": "theirs"}, set(), "new", True)


def test_a_second_tag_is_pushed_beside_the_first() -> None:
    assert pushes("v2", {"v1": "ours"}, {"ours"}, "new", True)


def test_a_changed_command_is_pushed_over_what_was_sent_before() -> None:
    assert pushes("latest", {"latest": "ours"}, {"ours"}, "new", False)
    assert not pushes("latest", {"latest": "ours"}, {"ours"}, "ours", False)


def test_a_tag_that_was_pushed_over_or_removed_stays_so() -> None:
    assert not pushes("latest", {"latest": "theirs"}, {"ours"}, "new", False)
    assert not pushes("latest", {}, {"ours"}, "new", False)


def test_a_new_bucket_gets_every_file() -> None:
    assert uploads({"b": "2", "a": "1"}, {}, {}) == ["a", "b"]


def test_an_interrupted_upload_goes_on_with_what_is_absent() -> None:
    assert uploads({"a": "1", "b": "2"}, {"a": "1"}, {}) == ["b"]


def test_an_edited_file_is_sent_again_where_the_bucket_holds_what_was_sent() -> None:
    assert uploads({"a": "new"}, {"a": "old"}, {"a": "old"}) == ["a"]


def test_objects_that_a_person_put_or_deleted_are_not_touched() -> None:
    assert uploads({"a": "new", "b": "new"}, {"a": "theirs"}, {"a": "old", "b": "old"}) == []
    assert uploads({"a": "ours"}, {"a": "theirs"}, {}) == []
