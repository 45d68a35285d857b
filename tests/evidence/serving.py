"""Cases of what a real server does: at its start on a read-only root, and at a stop with a request at work."""

from __future__ import annotations

from evidence.case import Case, Promise, Question, grace
from evidence.programs import dockerfile, pod
from evidence.sandbox import Running, until
from k8slint import Workload

STARTS = "starts"
FAILS = "does not start"
DONE = "the request is finished"
CUT = "killed after the grace period"
REFUSES = "killed after the grace period, the shutdown code is not run"


def begun(running: Running, workload: Workload) -> str:
    """Whether the program is up, or ends instead."""
    assert until(lambda: "up\n" in running.output or " ready." in running.output or running.ends(0))
    return FAILS if running.ends(0) else STARTS


def request_stopped(running: Running, workload: Workload) -> str:
    """Stop the container while the request is at work that the program sends itself, and see how that ends."""
    if not running.prints("request begins"):
        return f"does not start: {running.output}"
    running.send(workload.stop_signal.value)
    if not running.ends(grace(workload)):
        return CUT
    return DONE if running.prints("request done") else "the request is cut"


def stream_stopped(running: Running, workload: Workload) -> str:
    """Stop the container while a client reads an endless response, and see whether the application is shut down."""
    if not running.prints("request begins"):
        return f"does not start: {running.output}"
    running.send(workload.stop_signal.value)
    in_time = running.ends(grace(workload))
    if running.prints("shut down", 0.2):
        return "the shutdown code is run"
    return "ends without the shutdown code" if in_time else REFUSES


START = Question(
    "A start on a read-only root",
    (
        Promise("readonly-root-needs-tmp", "starts over and over", FAILS),
        Promise("readonly-root-needs-tmp", "in app.py fails with", FAILS),
    ),
    STARTS,
    begun,
)
REQUEST = Question(
    "A request at a stop",
    (
        Promise("grace-shorter-than-shutdown", "is cut off by SIGKILL", CUT),
        Promise("shell-form-blocks-sigterm", "is killed in the middle of its work", CUT),
        Promise("entry-script-without-exec", "is killed in the middle of its work", CUT),
        Promise("python-as-pid-1", "lives on until it is killed at the end of the grace period", CUT),
        Promise("sigterm-unhandled", "then the program is killed in the middle of its work", CUT),
    ),
    DONE,
    request_stopped,
)
STREAM = Question(
    "An endless response at a stop",
    (Promise("grace-shorter-than-shutdown", "the application's shutdown code does not run", REFUSES),),
    "the shutdown code is run",
    stream_stopped,
)

CLIENT = """\


    def client():
        for _ in range(100):
            try:
                with urllib.request.urlopen("http://127.0.0.1:8000/", timeout=20) as response:
                    response.read()
                return
            except OSError:
                time.sleep(0.05)
    """

WSGI = (
    """\
    import threading
    import time
    import urllib.request


    def application(environ, start_response):
        print("request begins", flush=True)
        time.sleep({seconds})
        print("request done", flush=True)
        start_response("200 OK", [("Content-Length", "0")])
        return []
    """
    + CLIENT
    + """\


    threading.Thread(target=client, daemon=True).start()
    """
)
"""A request that takes some time; the client is a thread of the worker."""

ASGI = (
    """\
    import asyncio
    import threading
    import time
    import urllib.request


    async def application(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            threading.Thread(target=client, daemon=True).start()
            await send({{"type": "lifespan.startup.complete"}})
            await receive()
            print("shut down", flush=True)
            await send({{"type": "lifespan.shutdown.complete"}})
            return
        print("request begins", flush=True)
        await asyncio.sleep({seconds})
        print("request done", flush=True)
        await send({{"type": "http.response.start", "status": 200, "headers": []}})
        await send({{"type": "http.response.body", "body": b""}})
    """
    + CLIENT
)

STREAMING = (
    """\
    import asyncio
    import threading
    import time
    import urllib.request
    from contextlib import asynccontextmanager

    from starlette.applications import Starlette
    from starlette.responses import StreamingResponse
    from starlette.routing import Route


    @asynccontextmanager
    async def lifespan(app):
        threading.Thread(target=client, daemon=True).start()
        yield
        print("shut down", flush=True)


    async def events():
        print("request begins", flush=True)
        while True:
            yield b"data: x\\n\\n"
            await asyncio.sleep(0.1)


    async def stream(request):
        return StreamingResponse(events(), media_type="text/event-stream")


    app = Starlette(routes=[Route("/", stream)], lifespan=lifespan)
    """
    + CLIENT
)

HELLO = """\
    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", "0")])
        return []


    print("up", flush=True)
    """

HELLO_ASGI = """\
    async def application(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        print("up", flush=True)
        await receive()
    """

TEMPORARY = """\
    import signal
    import tempfile

    signal.signal(signal.SIGTERM, lambda *_: exit(0))
    with tempfile.TemporaryDirectory() as folder:
        print("up", flush=True)
        signal.pause()
    """

DEVELOPMENT = (
    """\
    import threading
    import time
    import urllib.request
    from wsgiref.simple_server import make_server


    def application(environ, start_response):
        print("request begins", flush=True)
        time.sleep(0.5)
        print("request done", flush=True)
        start_response("200 OK", [("Content-Length", "0")])
        return []
    """
    + CLIENT
    + """\


    threading.Thread(target=client, daemon=True).start()
    make_server("0.0.0.0", 8000, application).serve_forever()
    """
)

READ_ONLY = ("securityContext:", "  readOnlyRootFilesystem: true")
MOUNT = ("volumeMounts:", "  - {name: tmp, mountPath: /tmp}")
EMPTY_DIR = "volumes: [{name: tmp, emptyDir: {}}]"
GUNICORN = 'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:application"]'
GUNICORN_SHM = 'CMD ["gunicorn", "--worker-tmp-dir", "/dev/shm", "--bind", "0.0.0.0:8000", "app:application"]'
UVICORN = 'CMD ["uvicorn", "--host", "0.0.0.0", "app:application"]'
EXEC_FORM = 'CMD ["python", "app.py"]'
NO_TMP = "readonly-root-needs-tmp deployment.yaml"
SHORT = "grace-shorter-than-shutdown deployment.yaml"
GRACE = "terminationGracePeriodSeconds: {}"


def _start(name: str, cmd: str, app: str, says: str = "", tmp: bool = False, module: str = "gunicorn") -> Case:
    manifest = pod(*READ_ONLY, *MOUNT, spec=EMPTY_DIR) if tmp else pod(*READ_ONLY)
    files = {"Dockerfile": dockerfile(cmd), "app.py": app, "deployment.yaml": manifest}
    return Case(name, START, files, (says,) if says else (), (), (module,))


def _request(name: str, cmd: str, app: str, says: str = "", seconds: float = 0.5, spec: str = "") -> Case:
    modules = tuple(one for one in ("gunicorn", "uvicorn") if one in cmd)
    files = {"Dockerfile": dockerfile(cmd), "app.py": app.format(seconds=seconds), "deployment.yaml": pod(spec=spec)}
    return Case(name, REQUEST, files, tuple(says.split(", ")) if says else (), (), modules)


def _stream(name: str, cmd: str, says: str = "") -> Case:
    files = {"Dockerfile": dockerfile(cmd), "app.py": STREAMING, "deployment.yaml": pod(spec=GRACE.format(2))}
    return Case(name, STREAM, files, (says,) if says else (), (), ("uvicorn", "starlette"))


def _with(flags: str, command: str) -> str:
    words = "".join(f'"{word}", ' for word in flags.split())
    return command.replace('"--', f'{words}"--', 1)


SHELL_UVICORN = "CMD uvicorn --host 0.0.0.0 app:application"
SHELL_GUNICORN = "CMD gunicorn --bind 0.0.0.0:8000 app:application"
SHELL_FORM = "shell-form-blocks-sigterm Dockerfile"
CASES = (
    _start("gunicorn, no /tmp", GUNICORN, HELLO, NO_TMP),
    _start("gunicorn, an emptyDir at /tmp", GUNICORN, HELLO, tmp=True),
    _start("gunicorn --worker-tmp-dir /dev/shm, no /tmp", GUNICORN_SHM, HELLO),
    _start("uvicorn, no /tmp", UVICORN, HELLO_ASGI, module="uvicorn"),
    _start("a program that uses tempfile, no /tmp", EXEC_FORM, TEMPORARY, NO_TMP),
    _start("a program that uses tempfile, an emptyDir at /tmp", EXEC_FORM, TEMPORARY, tmp=True),
    _request("gunicorn, exec form", GUNICORN, WSGI),
    _request("gunicorn, shell form, dash", SHELL_GUNICORN, WSGI, SHELL_FORM),
    _request(
        "gunicorn --graceful-timeout 9, a grace period of 1 s",
        _with("--graceful-timeout 9", GUNICORN),
        WSGI,
        SHORT,
        5,
        GRACE.format(1),
    ),
    _request(
        "gunicorn --graceful-timeout 1, a grace period of 2 s",
        _with("--graceful-timeout 1", GUNICORN),
        WSGI,
        "",
        0.5,
        GRACE.format(2),
    ),
    _request("uvicorn, exec form", UVICORN, ASGI),
    _request("uvicorn, shell form, dash", SHELL_UVICORN, ASGI, SHELL_FORM),
    _request(
        "uvicorn --timeout-graceful-shutdown 9, a grace period of 1 s",
        _with("--timeout-graceful-shutdown 9", UVICORN),
        ASGI,
        SHORT,
        5,
        GRACE.format(1),
    ),
    _request("wsgiref, PID 1", EXEC_FORM, DEVELOPMENT, "python-as-pid-1 Dockerfile, sigterm-unhandled app.py"),
    _stream("uvicorn without a limit", UVICORN.replace("application", "app"), "grace-shorter-than-shutdown Dockerfile"),
    _stream(
        "uvicorn --timeout-graceful-shutdown 1",
        _with("--timeout-graceful-shutdown 1", UVICORN.replace("application", "app")),
    ),
)
