"""`python -m movie_service`: the container's program."""

from movie_service.application import create
from netflux_chassis.process import serve

if __name__ == "__main__":
    serve("movie-service", create)
