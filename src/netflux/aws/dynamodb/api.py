"""DynamoDB: a library keeps tables and items; only what it does otherwise than AWS is done here."""

from __future__ import annotations

from typing import Any

from netflux.controlplane.call import Call, Caller
from netflux.controlplane.operation import operation


class DynamoDbApi:
    """Handlers of DynamoDB; operations without a method go to the library.

    Args:
        library: it, past these handlers.
    """

    service = "dynamodb"
    whole = False

    def __init__(self, library: Caller) -> None:
        self._library = library

    @operation("ResourceArn Tags(Key Value)")
    async def tag_resource(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A tag of a key that is there is replaced; the library would have it twice."""
        keys = [one["Key"] for one in request["Tags"]]
        await self._library.call(
            self.service, "UntagResource", {"ResourceArn": request["ResourceArn"], "TagKeys": keys}
        )
        return await self._library.call(self.service, "TagResource", request)
