"""Cases of what becomes of child processes: orphans under PID 1, pools under an init that signals the group."""

from __future__ import annotations

from evidence.case import Case, Promise, Question, grace
from evidence.programs import dockerfile, pod
from evidence.sandbox import Running, until
from k8slint import Workload

ZOMBIES = "zombies stay"
REAPED = "no zombies stay"
KEPT = "the task is finished"
LOST = "the task is lost"


def left_behind(running: Running, workload: Workload) -> str:
    """Whether zombies are left once all that the program started has ended."""
    if not running.prints("up"):
        return f"does not start: {running.output}"
    alive = {"R", "S", "D"}
    assert until(lambda: all(name != "sleep" or state not in alive for _, name, state in running.descendants()))
    return REAPED if until(lambda: not _zombies(running), 1) else ZOMBIES


def _zombies(running: Running) -> list[int]:
    return [pid for pid, _, state in running.descendants() if state == "Z"]


def task_stopped(running: Running, workload: Workload) -> str:
    """Stop the container while a task is at work in a child process, and see whether it is finished."""
    if not running.prints("task begins"):
        return f"does not start: {running.output}"
    running.send(workload.stop_signal.value)
    running.ends(grace(workload))
    return KEPT if running.prints("task done", 0.5) else LOST


ORPHANS = Question(
    "Orphans",
    (
        Promise("orphans-not-reaped", "does not wait for processes that lose their parent", ZOMBIES),
        Promise("python-as-pid-1", "each one stays as a zombie", ZOMBIES),
    ),
    REAPED,
    left_behind,
)
POOL = Question(
    "A task in a child process at a stop",
    (
        Promise("group-signal-kills-pool", "", LOST),
        Promise("shell-form-blocks-sigterm", "", LOST),
        Promise("sigterm-unhandled", "", LOST),
    ),
    KEPT,
    task_stopped,
)

BACKGROUND = """\
    import os
    import signal
    import sys

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for _ in range(5):
        os.system("sleep 0.1 &")
    print("up", flush=True)
    while True:
        signal.pause()
    """
"""A shell starts each command and ends before it."""

AWAITED = """\
    import signal
    import subprocess
    import sys

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for _ in range(5):
        subprocess.run(["sleep", "0.1"])
    print("up", flush=True)
    while True:
        signal.pause()
    """

FLAG = """\
    import signal
    import sys
    import threading
    import time
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    stopping = threading.Event()


    def task():
        print("task begins", flush=True)
        time.sleep(0.5)
        return "task done"


    def stop(signum, frame):
        stopping.set()


    if __name__ == "__main__":
        signal.signal(signal.SIGTERM, stop)
        with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
            future = pool.submit(task)
            stopping.wait()
            print(future.result(), flush=True)
    """
"""The forked child inherits a handler that does nothing to its task."""

AFRESH = FLAG.replace("fork", "spawn")
"""The child starts afresh, without a handler."""

EXITS = FLAG.replace("stopping.set()", "stopping.set()\n        sys.exit(0)").replace(
    "            stopping.wait()\n            print(future.result(), flush=True)",
    "            try:\n                stopping.wait()\n            finally:\n"
    "                print(future.result(), flush=True)",
)
"""The forked child inherits a handler that ends it too."""

TASKS = """\
    import os
    import time

    from celery import Celery

    os.makedirs("/tmp/queue", exist_ok=True)
    app = Celery("tasks", broker="filesystem://")
    app.conf.broker_transport_options = {
        "data_folder_in": "/tmp/queue",
        "data_folder_out": "/tmp/queue",
        "control_folder": "/tmp/queue",
    }
    app.conf.worker_prefetch_multiplier = 1


    @app.task
    def slow():
        print("task begins", flush=True)
        time.sleep(0.7)
        print("task done", flush=True)


    @app.on_after_finalize.connect
    def begin(sender, **_):
        slow.delay()
    """

EXEC_FORM = 'CMD ["python", "app.py"]'
TINI = 'ENTRYPOINT ["tini", "--"]'
GROUP = 'ENTRYPOINT ["tini", "-g", "--"]'
DUMB = 'ENTRYPOINT ["dumb-init", "--"]'
SINGLE = 'ENTRYPOINT ["dumb-init", "--single-child", "--"]'
CELERY = 'CMD ["celery", "-A", "tasks", "worker", "--concurrency", "1"]'


def _orphans(name: str, *lines: str, says: str = "", app: str = BACKGROUND, tools: str = "", spec: str = "") -> Case:
    files = {"Dockerfile": dockerfile(*lines), "app.py": app}
    if spec:
        files["deployment.yaml"] = pod(spec=spec)
    return Case(name, ORPHANS, files, tuple(says.split(", ")) if says else (), tuple(tools.split()))


def _pool(name: str, *lines: str, says: str = "", tools: str = "", app: str = FLAG) -> Case:
    files = {"Dockerfile": dockerfile(*lines), "app.py": app}
    return Case(name, POOL, files, (says,) if says else (), tuple(tools.split()))


def _celery(name: str, *lines: str, says: str = "", tools: str = "") -> Case:
    files = {"Dockerfile": dockerfile(*lines), "tasks.py": TASKS}
    return Case(name, POOL, files, (says,) if says else (), tuple(tools.split()), ("celery",))


NOT_REAPED = "python-as-pid-1 Dockerfile, orphans-not-reaped app.py"
GROUP_SIGNAL = "group-signal-kills-pool Dockerfile"

CASES = (
    _orphans("background commands, Python is PID 1", EXEC_FORM, says=NOT_REAPED),
    _orphans("background commands, tini", TINI, EXEC_FORM, tools="tini"),
    _orphans("background commands, dumb-init", DUMB, EXEC_FORM, tools="dumb-init"),
    _orphans("background commands, shareProcessNamespace", EXEC_FORM, spec="shareProcessNamespace: true"),
    _orphans("background commands, dash is PID 1", "CMD python app.py"),
    _orphans("commands that are waited for, Python is PID 1", EXEC_FORM, app=AWAITED),
    _pool("process pool, Python is PID 1", EXEC_FORM, app=AFRESH),
    _pool("process pool, tini", TINI, EXEC_FORM, app=AFRESH, tools="tini"),
    _pool("process pool, tini -g", GROUP, EXEC_FORM, app=AFRESH, says=GROUP_SIGNAL, tools="tini"),
    _pool("process pool, dumb-init", DUMB, EXEC_FORM, app=AFRESH, says=GROUP_SIGNAL, tools="dumb-init"),
    _pool("process pool, dumb-init --single-child", SINGLE, EXEC_FORM, app=AFRESH, tools="dumb-init"),
    _pool("process pool that inherits a flag for a handler, dumb-init", DUMB, EXEC_FORM, tools="dumb-init"),
    _pool("process pool that inherits a handler that exits, tini", TINI, EXEC_FORM, app=EXITS, tools="tini"),
    _pool(
        "process pool that inherits a handler that exits, dumb-init",
        DUMB,
        EXEC_FORM,
        app=EXITS,
        says=GROUP_SIGNAL,
        tools="dumb-init",
    ),
    _pool(
        "process pool that inherits a handler that exits, tini -g",
        GROUP,
        EXEC_FORM,
        app=EXITS,
        says=GROUP_SIGNAL,
        tools="tini",
    ),
    _celery("Celery worker, it is PID 1", CELERY),
    _celery("Celery worker, tini", TINI, CELERY, tools="tini"),
    _celery("Celery worker, tini -g", GROUP, CELERY, says=GROUP_SIGNAL, tools="tini"),
    _celery("Celery worker, dumb-init", DUMB, CELERY, says=GROUP_SIGNAL, tools="dumb-init"),
    _celery("Celery worker, dumb-init --single-child", SINGLE, CELERY, tools="dumb-init"),
)
