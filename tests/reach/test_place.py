"""How a person may name an end."""

import pytest

from netflux.errors import UserError
from netflux.reach.place import Kind, Place, find, split

ALB = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/netflux-alb/0a1b2c"
PLACES = [
    Place(Kind.LOAD_BALANCER, "netflux-alb", (ALB, "netflux-alb-1.us-east-1.elb.localhost"), ("eni-1",), (80,)),
    Place(Kind.SERVICE, "movie-service", ("arn:aws:ecs:us-east-1:1:service/prod/movie-service",), ("eni-2", "eni-3")),
    Place(Kind.SERVICE, "customer-service", ("arn:aws:ecs:us-east-1:1:service/prod/customer-service",)),
    Place(
        Kind.TASK, "movie-service/4f3aadc9", ("arn:aws:ecs:us-east-1:1:task/prod/4f3aadc9be", "4f3aadc9be"), ("eni-2",)
    ),
    Place(Kind.DATABASE, "netflux-db", ("arn:aws:rds:us-east-1:1:db:netflux-db", "db-XYZ"), ("eni-4",), (5432,)),
    Place(Kind.INTERFACE, "eni-2 (movie-service/4f3aadc9)", ("eni-2", "10.0.3.17"), ("eni-2",), (8080,)),
    Place(Kind.BUCKET, "netflux-bucket"),
    Place(Kind.DISTRIBUTION, "E1", ("arn:aws:cloudfront::1:distribution/E1", "e1.cloudfront.localhost")),
]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("internet", "internet"),
        ("Internet", "internet"),
        ("netflux-alb", "netflux-alb"),
        ("alb", "netflux-alb"),
        (ALB, "netflux-alb"),
        ("netflux-alb-1.us-east-1.elb.localhost", "netflux-alb"),
        ("movie-service", "movie-service"),
        ("movie", "movie-service"),
        ("4f3aadc9be", "movie-service/4f3aadc9"),
        ("4f3aadc9", "movie-service/4f3aadc9"),
        ("db", "netflux-db"),
        ("db-xyz", "netflux-db"),
        ("eni-2", "eni-2 (movie-service/4f3aadc9)"),
        ("10.0.3.17", "eni-2 (movie-service/4f3aadc9)"),
        ("10.0.3.1", "10.0.3.1"),
        ("203.0.113.9", "203.0.113.9"),
    ],
)
def test_an_end_is_found_by_name_id_address_or_a_part_that_only_it_has(text: str, name: str) -> None:
    assert find(text, PLACES).name == name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("service", "may mean service movie-service .*, service customer-service"),
        ("nothing", "nothing called 'nothing'"),
        ("bucket", "no network interface"),
        ("cloudfront", "outside of every VPC"),
        ("E1", "outside of every VPC"),
    ],
)
def test_what_is_no_end_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as refused:
        find(text, PLACES)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("db:5432", ("db", 5432)),
        ("db", ("db", None)),
        ("10.0.0.1:80", ("10.0.0.1", 80)),
        (ALB, (ALB, None)),
        (f"{ALB}:80", (ALB, 80)),
        ("arn:aws:rds:us-east-1:1:db:netflux-db", ("arn:aws:rds:us-east-1:1:db:netflux-db", None)),
    ],
)
def test_a_port_is_what_follows_the_last_colon(text: str, parts: tuple[str, int | None]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize("text", ["db:http", "db:0", "db:65536", "db:"])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is no port"):
        split(text)
