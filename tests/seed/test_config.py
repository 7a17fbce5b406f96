from pathlib import Path

import pytest

from netflux.errors import UserError
from netflux.seed import config

GOOD = """
template = "netflux.yaml"
stack = "films"

[parameters]
AppName = "films"

[images."movie-service"]
folder = "movies"
command = ["python", "-m", "movies"]
environment = { LEVEL = "info" }

[images."customer-service:v2"]
folder = "movies"
command = ["true"]

[buckets.films-bucket]
folder = "site"
exclude = ["tests"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "netflux.yaml").write_text("Resources: {}")
    (tmp_path / "movies").mkdir()
    (tmp_path / "site").mkdir()
    return tmp_path / "netflux.toml"


def test_a_whole_file_is_read_with_paths_relative_to_its_folder(file: Path) -> None:
    file.write_text(GOOD)
    found = config.read(file)
    assert (found.stack, found.parameters) == ("films", {"AppName": "films"})
    assert found.template == file.parent / "netflux.yaml"
    movie, customer = found.images
    assert (movie.repository, movie.tag, movie.command) == ("movie-service", "latest", ("python", "-m", "movies"))
    assert movie.environment == {"LEVEL": "info"}
    assert (customer.repository, customer.tag) == ("customer-service", "v2")
    assert found.buckets == (config.BucketSource("films-bucket", file.parent / "site", ("tests",)),)


def test_an_image_may_be_a_container_of_podmans_too_or_only(file: Path) -> None:
    more = '[images.tools]\ncontainer = "localhost/tools"\n'
    file.write_text(GOOD.replace("environment =", 'container = "localhost/movies:v1"\nenvironment =') + more)
    found = config.read(file)
    assert [one.repository for one in found.images] == ["movie-service", "customer-service"]
    assert found.containers == (
        config.ContainerSource("movie-service", "latest", "localhost/movies:v1"),
        config.ContainerSource("tools", "latest", "localhost/tools"),
    )
    file.write_text(GOOD + more + 'folders = "x"\n')
    with pytest.raises(UserError, match="unknown key 'folders'"):
        config.read(file)


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ('template = "netflux.yaml"', "", "template is missing"),
        ('template = "netflux.yaml"', 'template = "gone.yaml"', "gone.yaml"),
        ('stack = "films"', "stack = 3", "stack must be a text"),
        ('stack = "films"', 'stak = "films"', "unknown key 'stak'"),
        ('command = ["true"]', "", "[images.customer-service:v2]"),
        ('command = ["true"]', 'command = "true"', "command must be a list of texts"),
        ('folder = "site"', 'folder = "nowhere"', "nowhere"),
        ("[parameters]", "[parameters", "line 5"),
    ],
)
def test_what_is_wrong_is_named(file: Path, before: str, after: str, named: str) -> None:
    file.write_text(GOOD.replace(before, after))
    with pytest.raises(UserError) as caught:
        config.read(file)
    assert named in caught.value.message
    assert str(file) in caught.value.message
    assert caught.value.exit_code == 2
