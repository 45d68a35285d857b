"""Cases of what CPU and memory limits do: counts of the node, stalls, kills, and output that is lost in them."""

from __future__ import annotations

import os
import re

from evidence.case import Case, Promise, Question
from evidence.programs import dockerfile, pod
from evidence.sandbox import Running, until
from k8slint import Workload

NODE = "as many as the node has processors"
LIMITED = "as many as the manifest says"
LOST = "the last lines are lost"
ARRIVES = "everything arrives"
STILL = "does not stand still"
STEP = 25
"""Milliseconds that a stall is rounded to: shares of a processor are handed out in slices of 5 ms."""
WINDOWS = 15
"""Measurements at most, each of a second; other programs of the machine may disturb some."""
AGREE = 3
"""Measurements that must be equal for one to count."""

WORKERS = re.compile(r"(\d+) workers\n|concurrency: (\d+) ")


def counted(running: Running, workload: Workload) -> str:
    """Whether the program starts as many workers as the node has processors."""
    assert until(lambda: WORKERS.search(running.output) is not None or running.is_closed)
    match = WORKERS.search(running.output)
    assert match is not None, running.output
    number = match[1] or match[2]
    return NODE if int(number) == os.cpu_count() else LIMITED


def killed(running: Running, workload: Workload) -> str:
    """End the program as the kernel does on its own, without a signal that it could handle."""
    assert running.prints("up"), running.output
    running.send("SIGKILL")
    return ARRIVES if running.prints("last line") else LOST


def ended(running: Running, workload: Workload) -> str:
    """End the program as a stop does."""
    assert running.prints("up"), running.output
    running.send("SIGTERM")
    return ARRIVES if running.prints("last line") else LOST


def out_of_memory(running: Running, workload: Workload) -> str:
    """Let the program take more memory than its limit."""
    assert running.ends(15)
    assert until(lambda: running.is_closed)  # What it printed may arrive after its end.
    traceback = "with" if "Error" in running.output else "without"
    lines = ARRIVES if "last line" in running.output else LOST
    how = "killed" if running.code == -9 else f"ended with {running.code}"
    return f"{how} {traceback} a traceback, {lines}"


def stalled(running: Running, workload: Workload) -> str:
    """How long the container stands still in a period while all workers are busy, as one of them saw it."""
    seen: list[int] = []
    for number in range(1, WINDOWS + 1):
        assert running.prints(f"window {number}:"), running.output
        gap = int(re.findall(rf"window {number}: (\d+)\n", running.output)[0])
        seen.append(round(gap / STEP) * STEP)
        if seen.count(seen[-1]) == AGREE:
            break
    return f"stands still about {seen[-1]} ms of every 100 ms" if seen[-1] else STILL


def sizes(running: Running, workload: Workload) -> str:
    """Whether the program sees its limit, or the node."""
    assert running.prints("bytes\n"), running.output
    (number,) = re.findall(r"(\d+) bytes\n", running.output)
    limit = workload.quantity("limits", "memory").value.value
    return "the memory of the node" if int(number) > 2 * limit else "the memory of the container"


COUNT = Question(
    "Number of workers under limits.cpu 500m",
    (
        Promise("pool-sized-by-node", "follows the processors of the node", NODE),
        Promise("workers-from-node-cores", "follows the processors of the node", NODE),
        Promise("task-concurrency-unset", "one process per processor of the node", NODE),
    ),
    LIMITED,
    counted,
)
STALLS = Question(
    "Busy workers under a CPU limit",
    (
        Promise(
            "demand-exceeds-quota",
            r"stands still (\d+) ms of every 100 ms",
            r"stands still about \1 ms of every 100 ms",
        ),
    ),
    STILL,
    stalled,
)
MEMORY = Question(
    "Memory that the program sees under limits.memory 128Mi",
    (
        Promise("node-wide-readings", "which is the memory of the node", "the memory of the node"),
        Promise("node-wide-readings", "looks at the memory of the node", "the memory of the node"),
    ),
    "the memory of the container",
    sizes,
)
OUTPUT_KILL = Question(
    "Printed output at a kill",
    (Promise("stdout-buffered", "are lost when it is killed", LOST), Promise("stdout-buffered", "logging", ARRIVES)),
    ARRIVES,
    killed,
)
OUT_OF_MEMORY = Question(
    "Printed output at an out-of-memory kill",
    (Promise("stdout-buffered", "are lost when it is killed", f"killed without a traceback, {LOST}"),),
    f"killed without a traceback, {ARRIVES}",
    out_of_memory,
)
PRINTS = """\
    import os
    import signal
    import sys

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("last line")
    os.write(2, b"up\\n")
    while True:
        signal.pause()
    """
FLUSHES = PRINTS.replace('print("last line")', 'print("last line", flush=True)')
LOGS = PRINTS.replace("import os", "import logging\n    import os").replace(
    'print("last line")', 'logging.basicConfig()\n    logging.warning("last line")'
)
GREEDY = """\
    taken = []
    print("last line")
    while True:
        taken.append(bytearray(1024 * 1024))
    """
POOL = """\
    import multiprocessing

    if __name__ == "__main__":
        with multiprocessing.Pool({size}) as pool:
            print(len(multiprocessing.active_children()), "workers", flush=True)
    """
EXECUTOR = """\
    import os
    import time
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children

    import psutil

    if __name__ == "__main__":
        with ProcessPoolExecutor({size}) as pool:
            list(pool.map(time.sleep, [0.05] * 64))
            print(len(active_children()), "workers", flush=True)
    """
MEMORY_TOTAL = """\
    import os

    import psutil

    total = {total}
    size = total // 2
    print(total, "bytes", flush=True)
    cache = bytearray(min(size, 1024))
    """
OWN_LIMIT = """\
    import psutil

    with open("/sys/fs/cgroup/memory/memory.limit_in_bytes") as file:
        total = int(file.read())
    size = min(total, psutil.virtual_memory().total) // 2
    print(total, "bytes", flush=True)
    """
GUNICORN_CONFIGURATION = """\
    import multiprocessing

    workers = multiprocessing.cpu_count()


    def when_ready(server):
        print(server.num_workers, "workers", flush=True)
    """
HELLO = """\
    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", "0")])
        return []
    """
BUSY = """\
    import statistics
    import threading
    import time


    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", "0")])
        return []


    def burn():
        for number in range(20):
            gaps, last = [0.0], time.perf_counter()
            end = last + 1
            while last < end:
                now = time.perf_counter()
                if now - last > 0.012:
                    gaps.append(now - last)
                last = now
            gap = statistics.median(gaps[1:]) if len(gaps) > 6 else 0
            print(f"window {number}: {1000 * gap:.0f}", flush=True)


    threading.Thread(target=burn, daemon=True).start()
    """
"""A worker that is busy all the time, and notes for how long it was not let run."""
TASKS = """\
    from celery import Celery

    app = Celery("tasks", broker="memory://")
    """

SYSCONF = 'os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")'
EXEC_FORM = 'CMD ["python", "app.py"]'
GUNICORN = 'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:application"]'
GUNICORN_WORKERS = 'CMD ["gunicorn", "--workers", "{}", "--bind", "0.0.0.0:8000", "app:application"]'
CELERY = 'CMD ["celery", "-A", "tasks", "worker"{}]'


def _limits(**limits: str) -> tuple[str, ...]:
    written = ", ".join(f"{name}: {value}" for name, value in limits.items())
    return ("resources:", f"  limits: {{{written}}}")


def _count(name: str, app: str, size: str, says: str = "") -> Case:
    files = {"Dockerfile": dockerfile(EXEC_FORM), "app.py": app.format(size=size)}
    files["deployment.yaml"] = pod(*_limits(cpu="500m"))
    return Case(name, COUNT, files, (says,) if says else (), modules=("psutil",), limited=True)


def _gunicorn(name: str, configuration: str, says: str = "") -> Case:
    files = {"Dockerfile": dockerfile(GUNICORN), "app.py": HELLO, "gunicorn.conf.py": configuration}
    files["deployment.yaml"] = pod(*_limits(cpu="500m"))
    return Case(name, COUNT, files, (says,) if says else (), modules=("gunicorn",), limited=True)


def _celery(name: str, flags: str = "", says: str = "") -> Case:
    files = {"Dockerfile": dockerfile(CELERY.format(flags)), "tasks.py": TASKS}
    files["deployment.yaml"] = pod(*_limits(cpu="500m"))
    return Case(name, COUNT, files, (says,) if says else (), modules=("celery",), limited=True)


def _stall(name: str, workers: int, cpu: str, says: str = "") -> Case:
    files = {"Dockerfile": dockerfile(GUNICORN_WORKERS.format(workers)), "app.py": BUSY}
    files["deployment.yaml"] = pod(*_limits(cpu=cpu))
    return Case(name, STALLS, files, (says,) if says else (), modules=("gunicorn",), limited=True)


def _memory(name: str, program: str, says: str = "") -> Case:
    files = {"Dockerfile": dockerfile(EXEC_FORM), "app.py": program}
    files["deployment.yaml"] = pod(*_limits(memory="128Mi"))
    return Case(name, MEMORY, files, (says,) if says else (), modules=("psutil",), limited=True)


def _output(name: str, question: Question, app: str, *lines: str, says: str = "") -> Case:
    files = {"Dockerfile": dockerfile(*lines), "app.py": app, "deployment.yaml": pod(*_limits(memory="64Mi"))}
    return Case(name, question, files, (says,) if says else (), limited=True)


BY_NODE = "pool-sized-by-node app.py"
GUNICORN_BY_NODE = "workers-from-node-cores gunicorn.conf.py"
READS = "node-wide-readings app.py"
BUFFERED = "stdout-buffered Dockerfile"
UNBUFFERED = "ENV PYTHONUNBUFFERED=1"
CASES = (
    _count("Pool()", POOL, "", BY_NODE),
    _count("Pool(1)", POOL, "1"),
    _count("ProcessPoolExecutor()", EXECUTOR, "", BY_NODE),
    _count("os.cpu_count()", EXECUTOR, "os.cpu_count()", BY_NODE),
    _count("sched_getaffinity", EXECUTOR, "len(os.sched_getaffinity(0))", BY_NODE),
    _count("psutil.cpu_count()", EXECUTOR, "psutil.cpu_count()", BY_NODE),
    _gunicorn("gunicorn, workers = cpu_count()", GUNICORN_CONFIGURATION, GUNICORN_BY_NODE),
    _gunicorn("gunicorn, workers = 1", GUNICORN_CONFIGURATION.replace("multiprocessing.cpu_count()", "1")),
    _celery("Celery worker without --concurrency", "", "task-concurrency-unset Dockerfile"),
    _celery("Celery worker --concurrency 1", ', "--concurrency", "1"'),
    _stall("two workers, limits.cpu 500m", 2, "500m", "demand-exceeds-quota Dockerfile"),
    _stall("two workers, limits.cpu 2", 2, "2"),
    _stall("one worker, limits.cpu 1", 1, "1"),
    _memory("psutil.virtual_memory()", MEMORY_TOTAL.format(total="psutil.virtual_memory().total"), READS),
    _memory("os.sysconf", MEMORY_TOTAL.format(total=SYSCONF), READS),
    _memory("the limit in the container's own control group", OWN_LIMIT),
    _output("print", OUTPUT_KILL, PRINTS, EXEC_FORM, says=BUFFERED),
    _output("print, PYTHONUNBUFFERED=1", OUTPUT_KILL, PRINTS, UNBUFFERED, EXEC_FORM),
    _output("print, PYTHONUNBUFFERED=0", OUTPUT_KILL, PRINTS, "ENV PYTHONUNBUFFERED=0", EXEC_FORM, says=BUFFERED),
    _output("print, python -u", OUTPUT_KILL, PRINTS, 'CMD ["python", "-u", "app.py"]'),
    _output("print, python -I", OUTPUT_KILL, PRINTS, UNBUFFERED, 'CMD ["python", "-I", "app.py"]', says=BUFFERED),
    _output("print with flush", OUTPUT_KILL, FLUSHES, EXEC_FORM, says=BUFFERED),
    _output("logging", OUTPUT_KILL, LOGS, EXEC_FORM, says=BUFFERED),
    _output("out of memory", OUT_OF_MEMORY, GREEDY, EXEC_FORM, says=BUFFERED),
    _output("out of memory, PYTHONUNBUFFERED=1", OUT_OF_MEMORY, GREEDY, UNBUFFERED, EXEC_FORM),
)
