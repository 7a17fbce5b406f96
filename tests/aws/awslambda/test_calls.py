"""Functions are called: real processes behind the Runtime API."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
from pathlib import Path

import pytest

from netflux.aws.awslambda import runtimes
from netflux.clock import Clock
from netflux.errors import AwsError
from tests.aws.awslambda.world import World, until, zipped


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


ECHO = "def handler(event, context):\n    print('seen', event)\n    return {'got': event}\n"


async def test_a_function_answers_and_its_log_tells_of_the_call(world: World) -> None:
    await world.make("echo", ECHO)
    answer = await world.call("Invoke", FunctionName="echo", Payload=b'{"a": 1}', LogType="Tail")
    assert json.loads(answer["Payload"]) == {"got": {"a": 1}}
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    tail = base64.b64decode(answer["LogResult"]).decode().splitlines()
    assert tail[0].startswith("INIT_START Runtime Version: python:3.11")
    request = tail[1].split()[2]
    assert tail[1] == f"START RequestId: {request} Version: $LATEST"
    assert tail[2] == "seen {'a': 1}"
    assert tail[3] == f"END RequestId: {request}"
    assert re.fullmatch(
        rf"REPORT RequestId: {request}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms",
        tail[4],
    )
    assert [line.rstrip() for line in await world.lines("echo", 5)] == tail


async def test_a_handlers_error_is_told_as_aws_tells_it(world: World) -> None:
    await world.make("broken", "def handler(event, context):\n    raise ValueError('no')\n")
    answer = await world.call("Invoke", FunctionName="broken", Payload=b"{}")
    told = json.loads(answer["Payload"])
    assert (answer["FunctionError"], told["errorType"], told["errorMessage"]) == ("Unhandled", "ValueError", "no")
    assert told["stackTrace"] == [
        "  File \"/var/task/index.py\", line 2, in handler\n    raise ValueError('no')\n"
    ] or told["stackTrace"][0].startswith('  File "/var/task/index.py", line 2, in handler')


@pytest.mark.parametrize(
    ("code", "handler", "kind", "message"),
    [
        ("x = 1", "other.handler", "Runtime.ImportModuleError", "Unable to import module 'other'"),
        ("x = 1", "index.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        ("def handler(:", "index.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'index'"),
        ("x = 1", "index", "Runtime.MalformedHandlerName", "Bad handler 'index'"),
        ("1 / 0", "index.handler", "ZeroDivisionError", "division by zero"),
        ("def handler(e, c): return {1, 2}", "index.handler", "Runtime.MarshalError", "Unable to marshal response"),
    ],
)
async def test_a_function_that_can_not_begin_says_why(
    world: World, code: str, handler: str, kind: str, message: str
) -> None:
    await world.make("f", code, Handler=handler)
    answer = await world.call("Invoke", FunctionName="f", Payload=b"{}")
    told = json.loads(answer["Payload"])
    assert answer["FunctionError"] == "Unhandled"
    assert told["errorType"] == kind
    assert message in told["errorMessage"]


async def test_a_call_that_takes_too_long_is_given_up_and_its_environment_killed(world: World) -> None:
    await world.make("slow", "import time\ndef handler(e, c):\n    time.sleep(e)\n    return e\n", Timeout=1)
    told = await world.invoke("slow", 60)
    assert told["errorType"] == "Sandbox.Timedout"
    assert re.fullmatch(r"RequestId: \S+ Error: Task timed out after 1\.00 seconds", told["errorMessage"])
    assert await world.invoke("slow", 0) == 0
    lines = await world.lines("slow", 8)
    assert any(line.endswith("Task timed out after 1.00 seconds") for line in lines)
    assert any("Status: timeout" in line for line in lines)


async def test_a_function_over_its_memory_is_killed(world: World) -> None:
    code = "def handler(e, c):\n    kept = bytearray(300 * 1024 * 1024)\n    import time\n    time.sleep(20)\n"
    await world.make("large", code, Timeout=30)
    told = await world.invoke("large")
    assert told["errorType"] == "Runtime.ExitError"
    assert told["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    assert any("Error Type: Runtime.OutOfMemory" in line for line in await world.lines("large", 4))


async def test_a_runtime_that_ends_is_told_with_its_exit_status(world: World) -> None:
    await world.make("exits", "import os\ndef handler(e, c): os._exit(e)\n")
    told = await world.invoke("exits", 3)
    assert told["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    told = await world.invoke("exits", 0)
    assert told["errorMessage"].endswith("Error: Runtime exited without providing a reason")


async def test_an_environment_is_used_again_and_frozen_in_between(world: World) -> None:
    await world.make("counts", "import os\nn = 0\ndef handler(e, c):\n    global n\n    n += 1\n    return n\n")
    assert [await world.invoke("counts") for _ in range(3)] == [1, 2, 3]
    (environment,) = world.service.fleet.waiting("counts")

    async def stopped() -> bool:
        return _state(environment.pid) == "T"

    assert await until(stopped)


async def test_calls_at_the_same_time_have_environments_of_their_own(world: World) -> None:
    code = "import time\ndef handler(e, c):\n    time.sleep(0.5)\n    return c.log_stream_name\n"
    await world.make("parallel", code)
    streams = await asyncio.gather(*(world.invoke("parallel") for _ in range(3)))
    assert len(set(streams)) == 3


async def test_reserved_concurrency_is_the_most_that_a_function_gets(world: World) -> None:
    await world.make("one", "import time\ndef handler(e, c): time.sleep(e)\n")
    await world.call("PutFunctionConcurrency", FunctionName="one", ReservedConcurrentExecutions=1)
    first = asyncio.ensure_future(world.invoke("one", 1))

    async def running() -> bool:
        return world.service.fleet.running("one") == 1

    await until(running)
    with pytest.raises(AwsError) as refused:
        await world.invoke("one", 0)
    assert (refused.value.code, refused.value.status) == ("TooManyRequestsException", 429)
    assert await first is None
    assert await world.invoke("one", 0) is None


async def test_what_a_function_finds_around_it(world: World) -> None:
    code = (
        "import os, boto3, json\n"
        "def handler(e, c):\n"
        "    open('/tmp/own', 'w').write('x')\n"
        "    try:\n        open('/var/task/x', 'w'); wrote = True\n    except OSError: wrote = False\n"
        "    names = ['AWS_REGION', 'AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_VERSION', 'LAMBDA_TASK_ROOT',"
        " 'AWS_EXECUTION_ENV', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', '_HANDLER', 'OWN']\n"
        "    return {'env': {n: os.environ[n] for n in names}, 'cwd': os.getcwd(), 'wrote': wrote,\n"
        "            'key': os.environ['AWS_ACCESS_KEY_ID'][:4], 'arn': c.invoked_function_arn,\n"
        "            'left': c.get_remaining_time_in_millis(), 'task': os.listdir('/var/task')}\n"
    )
    made = await world.make("around", code, Environment={"Variables": {"OWN": "yes"}}, Timeout=10)
    found = await world.invoke("around")
    assert found["env"] == {
        "AWS_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_NAME": "around", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "LAMBDA_TASK_ROOT": "/var/task", "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "_HANDLER": "index.handler", "OWN": "yes",
    }  # fmt: skip
    assert (found["cwd"], found["wrote"], found["key"], found["task"]) == ("/var/task", False, "ASIA", ["index.py"])
    assert found["arn"] == made["FunctionArn"]
    assert 0 < found["left"] <= 10_000
    assert "own" not in os.listdir("/tmp")  # noqa: PTH208


async def test_layers_are_laid_over_each_other(world: World) -> None:
    arns = []
    for number in ("one", "two"):
        files = {"python/which.py": f"name = {number!r}", f"{number}.txt": number}
        made = await world.call("PublishLayerVersion", LayerName=number, Content={"ZipFile": zipped(**files)})
        arns.append(made["LayerVersionArn"])
    code = "import os, which\ndef handler(e, c): return [which.name, sorted(n for n in os.listdir('/opt'))]\n"
    await world.make("layered", code, Layers=arns)
    assert await world.invoke("layered") == ["two", ["one.txt", "python", "two.txt"]]


async def test_a_layer_with_an_extension_is_refused(world: World) -> None:
    files = {"extensions/agent": "#!/bin/sh"}
    made = await world.call("PublishLayerVersion", LayerName="agent", Content={"ZipFile": zipped(**files)})
    with pytest.raises(AwsError) as refused:
        await world.make("f", ECHO, Layers=[made["LayerVersionArn"]])
    assert (refused.value.code, "extension" in refused.value.message) == ("UnsupportedOperation", True)


async def test_a_runtime_of_the_functions_own(world: World) -> None:
    bootstrap = (
        f"#!{runtimes.pythons()[0].path}\n"
        "import os, urllib.request as u\n"
        "api = 'http://%s/2018-06-01/runtime/invocation/' % os.environ['AWS_LAMBDA_RUNTIME_API']\n"
        "while True:\n"
        "    with u.urlopen(api + 'next') as got:\n"
        "        i, body = got.headers['Lambda-Runtime-Aws-Request-Id'], got.read()\n"
        "    u.urlopen(u.Request(api + i + '/response', data=b'[' + body + b']')).read()\n"
    )
    await world.make("own", "", Runtime="provided.al2023", files={"bootstrap": bootstrap})
    assert await world.invoke("own", {"a": 1}) == [{"a": 1}]


@pytest.mark.skipif(not runtimes.nodes(), reason="no Node.js here")
@pytest.mark.parametrize(
    ("file", "code", "answer"),
    [
        ("index.js", "exports.handler = async (e) => ({ got: e });", {"got": 7}),
        ("index.js", "exports.handler = (e, c, done) => setTimeout(() => done(null, [e]), 20);", [7]),
        ("index.mjs", "export const handler = async (e, c) => c.functionName + e;", "node7"),
        ("index.js", "exports.handler = async () => { throw new TypeError('no'); };", "TypeError: no"),
        ("index.js", "exports.handler = () => { Promise.reject(new Error('lost')); return new Promise(() => {}); };",
         "Runtime.UnhandledPromiseRejection: Error: lost"),
    ],
)  # fmt: skip
async def test_functions_for_node(world: World, file: str, code: str, answer: object) -> None:
    await world.make("node", "", Runtime="nodejs20.x", files={file: code})
    found = await world.invoke("node", 7)
    if isinstance(found, dict) and "errorType" in found:
        found = f"{found['errorType']}: {found['errorMessage']}"
    assert found == answer


async def test_a_function_that_was_changed_runs_as_it_is_now(world: World) -> None:
    await world.make("changes", "def handler(e, c): return 1\n")
    assert await world.invoke("changes") == 1
    changed = await world.call(
        "UpdateFunctionCode", FunctionName="changes", ZipFile=zipped(**{"index.py": "def handler(e, c): return 2\n"})
    )
    assert changed["LastUpdateStatus"] == "InProgress"
    await world.active("changes")
    assert await world.invoke("changes") == 2


async def test_an_event_that_is_no_json_is_refused(world: World) -> None:
    await world.make("echo", ECHO)
    with pytest.raises(AwsError) as refused:
        await world.call("Invoke", FunctionName="echo", Payload=b"{nope")
    assert refused.value.code == "InvalidRequestContentException"


async def test_an_environment_that_nobody_calls_is_ended(tmp_path: Path) -> None:
    world = World(tmp_path, Clock(3000.0))  # ten minutes are 0.2 s
    await world.start()
    try:
        await world.make("echo", ECHO, Timeout=30)
        assert await world.invoke("echo", 1) == {"got": 1}

        async def ended() -> bool:
            return not world.children.running()

        assert await until(ended)
        assert world.service.fleet.waiting("echo") == []
    finally:
        await world.end()


async def test_a_role_that_is_gone_is_told(world: World) -> None:
    await world.make("echo", ECHO)
    await world.apis.call("iam", "DeleteRole", {"RoleName": "functions"})
    with pytest.raises(AwsError) as refused:
        await world.invoke("echo")
    assert (refused.value.code, refused.value.status) == ("AccessDeniedException", 403)
