"""The runtime of Python functions: asks for calls, gives them to the handler, and sends what comes of them.

It is run by the function's own interpreter, whichever version that is, and imports next to nothing, since a cold start
pays for it. "Using the Lambda runtime API for custom runtimes" and "Define Lambda function handler in Python", Lambda
Developer Guide.
"""

import json
import os
import socket
import sys

_TASK = os.environ["LAMBDA_TASK_ROOT"]
_BORROWED = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
"""What Lambda's runtime has besides the standard library: the AWS SDK and what that needs."""


class _Api:
    """The Runtime API over one connection that stays open."""

    def __init__(self):
        host, _, port = os.environ["AWS_LAMBDA_RUNTIME_API"].rpartition(":")
        self._host = host
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def ask(self, method, path, body=b"", headers=()):
        """Headers, by lower-case name, and body of the answer."""
        lines = ["%s /2018-06-01/runtime/%s HTTP/1.1" % (method, path), "Host: " + self._host]
        lines += ["%s: %s" % pair for pair in headers]
        lines += ["Content-Length: %d" % len(body), "", ""]
        self._socket.sendall("\r\n".join(lines).encode() + body)
        status = self._file.readline().split(b" ")
        found = {}
        while True:
            line = self._file.readline().decode().strip()
            if not line:
                break
            name, _, value = line.partition(":")
            found[name.lower()] = value.strip()
        answer = self._file.read(int(found.get("content-length", 0)))
        if not status or len(status) < 2:
            os._exit(1)
        return int(status[1]), found, answer


class Failure(Exception):
    """What the runtime itself finds wrong."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind, self.message, self.trace = kind, message, list(trace)


class _Identity:
    def __init__(self, given):
        self.cognito_identity_id = given.get("cognitoIdentityId")
        self.cognito_identity_pool_id = given.get("cognitoIdentityPoolId")


class _Client:
    def __init__(self, given):
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, given.get(name))


class _ClientContext:
    def __init__(self, given):
        self.client = _Client(given.get("client") or {})
        self.custom, self.env = given.get("custom"), given.get("env")


class Context:
    """What a handler is told of its call ("Using the Lambda context object", Lambda Developer Guide)."""

    def __init__(self, headers):
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = _Identity(json.loads(headers.get("lambda-runtime-cognito-identity") or "{}"))
        given = headers.get("lambda-runtime-client-context")
        self.client_context = _ClientContext(json.loads(given)) if given else None
        self._deadline = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self):
        """Milliseconds until the call is given up."""
        import time

        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        """Writes to the log."""
        sys.stdout.write(str(message))


class _Borrowed:
    """Finds the AWS SDK of the region's own installation, and nothing else of it, after everything of the function."""

    def __init__(self, place):
        self._place = place

    def find_spec(self, name, path=None, target=None):
        """See importlib.abc.MetaPathFinder."""
        if path is not None or name not in _BORROWED:
            return None
        from importlib.machinery import PathFinder

        return PathFinder.find_spec(name, [self._place])


class _Logged:
    """Gives the root logger Lambda's handler as soon as `logging` is imported, before the function sees it."""

    request = ""

    def find_spec(self, name, path=None, target=None):
        """See importlib.abc.MetaPathFinder."""
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name)
        execute = spec.loader.exec_module

        def furnished(module):
            execute(module)
            handler = module.StreamHandler(sys.stdout)
            handler.setFormatter(_formatter(module))
            module.getLogger().addHandler(handler)

        spec.loader.exec_module = furnished
        return spec


def _formatter(logging):
    import time

    class Formatter(logging.Formatter):
        """`[LEVEL]\\ttime\\trequest id\\tmessage`, in one event."""

        converter = time.gmtime

        def format(self, record):
            record.aws_request_id = _Logged.request
            return super().format(record).replace("\n", "\r")

    form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
    return Formatter(form, "%Y-%m-%dT%H:%M:%S")


def _frames(error):
    """The function's own part of a traceback, as Lambda tells it."""
    import traceback

    found = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in found if frame.filename != __file__ and "importlib" not in frame.filename]
    return traceback.format_list(own)


def _told(error):
    """An exception as `errorType`, `errorMessage` and `stackTrace`."""
    if isinstance(error, Failure):
        return error.kind, error.message, error.trace
    return type(error).__name__, str(error), _frames(error)


def _log(kind, message, trace):
    lines = ["[ERROR] %s: %s" % (kind, message)] + (["Traceback (most recent call last):"] if trace else [])
    text = "\n".join(lines + [part.rstrip("\n") for part in trace])
    sys.stdout.write(text.replace("\n", "\r") + "\n")
    sys.stdout.flush()


def _failed(api, path, error, request=""):
    kind, message, trace = _told(error)
    _log(kind, message, trace)
    body = {"errorMessage": message, "errorType": kind, "requestId": request, "stackTrace": trace}
    headers = [("Lambda-Runtime-Function-Error-Type", kind if kind.isascii() else "Exception")]
    api.ask("POST", path, json.dumps(body).encode(), headers)


def handler():
    """The function that _HANDLER names; Failure where there is none."""
    text = os.environ["_HANDLER"]
    name, dot, attribute = text.rpartition(".")
    if not dot:
        message = "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % text
        raise Failure("Runtime.MalformedHandlerName", message)
    name = name.replace("/", ".")
    try:
        import importlib

        module = importlib.import_module(name)
    except ImportError as error:
        raise Failure("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (name, error)) from error
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, (error.text or "").strip("\n"))]
        message = "Syntax error in module '%s': %s" % (name, error)
        raise Failure("Runtime.UserCodeSyntaxError", message, trace) from error
    try:
        return getattr(module, attribute)
    except AttributeError as error:
        message = "Handler '%s' missing on module '%s'" % (attribute, name)
        raise Failure("Runtime.HandlerNotFound", message) from error


def _answer(found, headers, event):
    """The handler's result as JSON; Failure where it is none."""
    result = found(event, Context(headers))
    try:
        return json.dumps(result, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError) as error:
        raise Failure("Runtime.MarshalError", "Unable to marshal response: %s" % error) from error


def _serve(api, found):
    while True:
        _, headers, body = api.ask("GET", "invocation/next")
        request = headers["lambda-runtime-aws-request-id"]
        _Logged.request = request
        trace = headers.get("lambda-runtime-trace-id")
        if trace:
            os.environ["_X_AMZN_TRACE_ID"] = trace
        try:
            try:
                event = json.loads(body.decode())
            except ValueError as error:
                raise Failure("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error) from error
            answer = _answer(found, headers, event)
        except Exception as error:
            _failed(api, "invocation/%s/error" % request, error, request)
            continue
        sys.stdout.flush()
        sys.stderr.flush()
        status, _, said = api.ask("POST", "invocation/%s/response" % request, answer)
        if status == 413:
            told = json.loads(said)
            body = {"errorMessage": told["errorMessage"], "errorType": told["errorType"]}
            api.ask("POST", "invocation/%s/error" % request, json.dumps(body).encode())


def main():
    """Begins, and never returns."""
    library = os.environ.pop("NETFLUX_LIBRARY", "")
    minor = "python%d.%d" % sys.version_info[:2]
    sys.path[:1] = [_TASK, "/opt/python/lib/%s/site-packages" % minor, "/opt/python"]
    sys.argv = [""]
    if library:
        sys.meta_path.append(_Borrowed(library))
    sys.meta_path.insert(0, _Logged())
    api = _Api()
    try:
        found = handler()
    except Exception as error:
        _failed(api, "init/error", error)
        sys.exit(1)
    _serve(api, found)


if __name__ == "__main__":
    main()
