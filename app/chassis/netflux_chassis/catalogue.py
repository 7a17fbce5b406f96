"""What both services know of movies: the genres, and a movie as it travels between them."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from netflux_chassis.problem import Problem


class Genre(StrEnum):
    ACTION = "ACTION"
    CRIME = "CRIME"
    DRAMA = "DRAMA"
    COMEDY = "COMEDY"
    SCI_FI = "SCI_FI"


class Document(BaseModel):
    """JSON in camelCase; Python in snake_case, as the columns are."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Movie(Document):
    id: int
    title: str
    release_year: int
    genre: Genre


def genre(text: str) -> Genre:
    """The genre of this exact name; else a problem that lists them."""
    try:
        return Genre(text)
    except ValueError:
        raise Problem(400, f"{text!r} is not a genre; the genres are {', '.join(Genre)}.") from None
