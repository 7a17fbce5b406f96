"""What ECS says of secrets that it can't use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from netflux.aws.ecs import secret
from netflux.aws.ecs.secret import SecretError

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-a1b2c3"


class Holding:
    """Secrets Manager with one text."""

    def __init__(self, text: str) -> None:
        self.text = text

    async def call(self, _service: str, _operation: str, _params: Mapping[str, Any]) -> dict[str, Any]:
        return {"SecretString": self.text}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('\'{"password": "x"}\'', "invalid character '\\'' looking for beginning of value"),
        ('"{\\"password\\": \\"x\\"}"', "json: cannot unmarshal string into Go value of type map[string]interface {}"),
        ("[1]", "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ("", "unexpected end of JSON input"),
        ('{"user": "x"}', "did not contain json key password"),
    ],
)
async def test_a_secret_that_is_no_json_object_with_the_key_stops_the_task_in_the_agents_words(
    text: str, says: str
) -> None:
    with pytest.raises(SecretError) as caught:
        await secret.read(Holding(text), f"{ARN}:password::")
    assert says in str(caught.value)


async def test_a_key_of_a_secret_is_its_value() -> None:
    assert await secret.read(Holding('{"password": "x", "port": 5432}'), f"{ARN}:port::") == "5432"
