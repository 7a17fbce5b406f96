"""The environment variables of a function: its own, and what Lambda adds. Pure.

"Working with Lambda environment variables", Lambda Developer Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from netflux.aws.awslambda.runtimes import NODE, PYTHON, Runtime, family
from netflux.resources.awslambda.function import Version

TASK, LAYERS, MODULES, LANGUAGE = "/var/task", "/opt", "/var/node_modules", "/var/lang"
_PATH = "/usr/local/bin:/usr/bin:/bin:/opt/bin"
RESERVED = frozenset({
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR", "AWS_LAMBDA_MAX_CONCURRENCY", "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN",
})  # fmt: skip
"""What a function can't set itself. _HANDLER and others are refused by CreateFunction."""


def build(
    version: Version, runtime: Runtime | None, stream: str, local: Mapping[str, str], library: str
) -> dict[str, str]:
    """The variables.

    Args:
        version: the function.
        runtime: what runs it; None for an image.
        stream: name of the log stream.
        local: credentials, AWS_LAMBDA_RUNTIME_API, the region and its endpoint.
        library: folder with the AWS SDK for Python.
    """
    settings = version.settings
    found = {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": "/tmp",  # noqa: S108
        "AWS_LAMBDA_FUNCTION_NAME": version.function,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": version.number,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": settings.logging.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "LAMBDA_TASK_ROOT": TASK,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        **local,
    }
    if runtime is None:
        return {**settings.environment, **found}
    found |= {
        "_HANDLER": settings.handler,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime.name}",
        "PATH": f"{LANGUAGE}/bin:{_PATH}" if runtime.interpreter is not None else _PATH,
        "LD_LIBRARY_PATH": f"{TASK}:{TASK}/lib:{LAYERS}/lib",
    }
    language, _ = family(runtime.name)
    own = dict(settings.environment)
    if language == PYTHON:
        found["NETFLUX_LIBRARY"] = library
    if language == NODE:
        found["NETFLUX_GATEWAY"] = _gateway(local["AWS_ENDPOINT_URL"])
        number = runtime.interpreter.version[0] if runtime.interpreter is not None else 0
        places = [f"{LAYERS}/nodejs/node{number}/node_modules", f"{LAYERS}/nodejs/node_modules", MODULES]
        found["NODE_PATH"] = ":".join([*places, *filter(None, [own.pop("NODE_PATH", "")])])
    for name in ("PATH", "LD_LIBRARY_PATH", "LANG", "TZ", "AWS_ENDPOINT_URL"):
        if name in own:
            found.pop(name)
    return {**own, **found}


def _gateway(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 80}"
