"""IAM's refusals, in IAM's words; the model has their status."""

from __future__ import annotations

from netflux.errors import AwsError


def missing(what: str) -> AwsError:
    """What was named is not there."""
    return AwsError("NoSuchEntity", what)


def not_found(noun: str, name: str) -> AwsError:
    """No user, group, role or the like has the name."""
    return missing(f"The {noun} with name {name} cannot be found.")


def exists(what: str) -> AwsError:
    """The name is taken."""
    return AwsError("EntityAlreadyExists", what)


def conflict(what: str) -> AwsError:
    """It can't be deleted yet."""
    return AwsError("DeleteConflict", f"Cannot delete entity, must {what} first.")


def exceeded(quota: str, most: int) -> AwsError:
    """A quota is reached."""
    return AwsError("LimitExceeded", f"Cannot exceed quota for {quota}: {most}")


def invalid(what: str) -> AwsError:
    """A value is not one that IAM takes."""
    return AwsError("InvalidInput", what)


def unnamed() -> AwsError:
    """Nobody was named, and the key is not a user's."""
    return AwsError("ValidationError", "Must specify userName when calling with non-User credentials")
