"""Workloads with a fault that a fix removes: what happens before it is made, and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from evidence import children, limits, serving, stopping
from evidence.case import Case, Question, files, rules
from evidence.programs import CLEANS_UP, dockerfile, pod
from evidence.sandbox import Running
from k8slint import Workload, engine
from k8slint.fix import rounds
from k8slint.project import FileText, Project
from k8slint.report import Report


@dataclass(frozen=True, slots=True)
class Fixed:
    """A case with a fault that the fix of ``rule`` removes: what happens ``before`` and ``after``."""

    case: Case
    rule: str
    before: str
    after: str


def repaired(fixed: Fixed) -> Case:
    """The case with its files as the fix leaves them."""
    outcome = rounds.repaired(files(fixed.case), _lint, {fixed.rule}, unsafe=True)
    changed = {path: one.data.decode() for path, one in outcome.changed.items()}
    return replace(fixed.case, files={**fixed.case.files, **changed})


def _lint(texts: Mapping[str, FileText]) -> Report:
    loaded = rules()
    project = Project.from_files(texts, engine.interest(loaded), "shop")
    return engine.run(project, loaded, known=frozenset(one.rule.id for one in loaded))


def stopped_in_time(running: Running, workload: Workload) -> str:
    """Stop the container as a kubelet does, with the whole grace period of its pod, and see how it ends."""
    if not running.prints("up"):
        return f"does not start: {running.output}"
    running.send(workload.stop_signal.value)
    if not running.ends(workload.grace_seconds.value):
        return stopping.KILLED
    return stopping.CLEAN if running.prints("cleaned up") else stopping.CUT


def _question(observe: Callable[[Running, Workload], str]) -> Question:
    return Question("Before and after a fix", (), "", observe)


_STOP = _question(stopping.stopped)
_CMD = 'CMD ["python", "app.py"]'
_SLEEPS = """\
    import time

    while True:
        print("up", flush=True)
        time.sleep(0.1)
    print("cleaned up", flush=True)
    """
_SLEEPS_IN_MAIN = """\
    import time


    def main():
        try:
            # for ever
            while True:
                print("up", flush=True)
                time.sleep(0.1)
        finally:
            print("cleaned up", flush=True)


    main()
    """
_ANSWERS_SLOWLY = """\
    import threading
    import time
    import urllib.request


    def app(environ, start_response):
        print("up", flush=True)
        time.sleep(1.5)
        print("cleaned up", flush=True)
        start_response("200 OK", [])
        return [b""]


    def ask():
        urllib.request.urlopen("http://127.0.0.1:8000/")


    threading.Timer(0.5, ask).start()
    """
"""A request is being answered when the stop comes."""
_POOL = """\
    import os
    from multiprocessing import Pool

    if __name__ == "__main__":
        with Pool(os.cpu_count()) as pool:
            print(f"{pool._processes} workers", flush=True)
    """
_SETTINGS = """\
    import multiprocessing

    workers = multiprocessing.cpu_count()


    def when_ready(server):
        print(f"{server.num_workers} workers", flush=True)
    """
_WSGI = """\
    def app(environ, start_response):
        start_response("200 OK", [])
        return [b""]
    """
_HALF = ("resources: {limits: {cpu: 500m}}",)


def _stop(name: str, rule: str, lines: tuple[str, ...], app: str = CLEANS_UP, script: str = "") -> Fixed:
    texts = {"Dockerfile": dockerfile(*lines), "app.py": app, **({"entrypoint.sh": script} if script else {})}
    return Fixed(Case(name, _STOP, texts), rule, stopping.KILLED, stopping.CLEAN)


def _script(name: str, script: str) -> Fixed:
    lines = ('ENTRYPOINT ["./entrypoint.sh"]', _CMD)
    return _stop(name, "entry-script-without-exec", lines, script=script)


def _counted(name: str, rule: str, command: str, texts: dict[str, str], *modules: str) -> Fixed:
    texts = {"Dockerfile": dockerfile(command), "deployment.yaml": pod(*_HALF), **texts}
    case = Case(name, _question(limits.counted), texts, modules=modules, limited=True)
    return Fixed(case, rule, limits.NODE, limits.LIMITED)


FIXED = (
    _stop("CMD in shell form", "shell-form-blocks-sigterm", ("CMD python app.py",)),
    _stop("CMD in shell form with quotes", "shell-form-blocks-sigterm", ('CMD python "app.py"',)),
    _stop("ENTRYPOINT in shell form", "shell-form-blocks-sigterm", ("ENTRYPOINT python app.py",)),
    _script("entry script for dash", '#!/bin/sh\nset -e\n"$@"\n'),
    _stop("two commands in shell form", "shell-form-blocks-sigterm", ("CMD echo starting && python app.py",)),
    _stop("a text for sh -c", "shell-form-blocks-sigterm", ('CMD ["sh", "-c", "echo starting; python app.py"]',)),
    _script(
        "entry script with a condition", "#!/bin/sh\nif [ -e app.py ]; then\n  python app.py\nelse\n  exit 1\nfi\n"
    ),
    _script("entry script with a case", '#!/bin/sh\ncase "$1" in\n  python)\n    python app.py\n    ;;\nesac\n'),
    _script("entry script for bash", "#!/bin/bash\nset -e\npython app.py\n"),
    _stop("loop at the top of its module", "sigterm-unhandled", (_CMD,), _SLEEPS),
    _stop("loop in main", "sigterm-unhandled", (_CMD,), _SLEEPS_IN_MAIN),
    Fixed(
        Case(
            "output that is printed",
            _question(limits.killed),
            {"Dockerfile": dockerfile(_CMD), "app.py": limits.PRINTS},
        ),
        "stdout-buffered",
        limits.LOST,
        limits.ARRIVES,
    ),
    Fixed(
        Case(
            "orphans",
            _question(children.left_behind),
            {"Dockerfile": dockerfile(_CMD), "app.py": children.BACKGROUND},
            tools=("tini",),
        ),
        "orphans-not-reaped",
        children.ZOMBIES,
        children.REAPED,
    ),
    Fixed(
        Case(
            "a grace period shorter than gunicorn's",
            _question(stopped_in_time),
            {
                "Dockerfile": dockerfile('CMD ["gunicorn", "--graceful-timeout", "3", "app:app"]'),
                "app.py": _ANSWERS_SLOWLY,
                "deployment.yaml": pod(spec="terminationGracePeriodSeconds: 1"),
            },
            modules=("gunicorn",),
        ),
        "grace-shorter-than-shutdown",
        stopping.KILLED,
        stopping.CLEAN,
    ),
    Fixed(
        Case(
            "a program that uses tempfile under a read-only root",
            _question(serving.begun),
            {
                "Dockerfile": dockerfile(_CMD),
                "app.py": serving.TEMPORARY,
                "deployment.yaml": pod(*serving.READ_ONLY),
            },
        ),
        "readonly-root-needs-tmp",
        serving.FAILS,
        serving.STARTS,
    ),
    _counted("a pool", "pool-sized-by-node", _CMD, {"app.py": _POOL}),
    _counted(
        "gunicorn's workers",
        "workers-from-node-cores",
        'CMD ["gunicorn", "app:app"]',
        {"app.py": _WSGI, "gunicorn.conf.py": _SETTINGS},
        "gunicorn",
    ),
)
