"""Pages of what CloudFront lists. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netflux.controlplane.records import paging
from netflux.errors import AwsError

_USUAL = 100


def page(items: Sequence[Mapping[str, Any]], request: Mapping[str, Any], *, marked: bool = True) -> dict[str, Any]:
    """The page that Marker and MaxItems ask for; all of them where no MaxItems is given.

    Args:
        items: all, in an order that stays.
        request: of the listing operation.
        marked: whether the answer repeats Marker and says IsTruncated; those of policies don't.

    Raises:
        AwsError: InvalidArgument for a marker that no answer gave, or a size that is none.
    """
    given = request.get("MaxItems")
    size = paging.number(str(given)) if given else max(len(items), _USUAL)
    refusal = AwsError("InvalidArgument", "The parameter Marker or MaxItems is not valid.")
    shown, following = paging.page(items, request.get("Marker") or "", size or 0, refusal)
    listed: dict[str, Any] = {"MaxItems": size, "Quantity": len(shown), "Items": shown}
    if marked:
        listed |= {"Marker": request.get("Marker") or "", "IsTruncated": bool(following)}
    return listed | ({"NextMarker": following} if following else {})
