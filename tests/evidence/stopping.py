"""Cases of what a stop does to one program: spellings of CMD, entry scripts, inits, signals."""

from __future__ import annotations

from evidence.case import Case, Promise, Question, grace
from evidence.programs import ALPINE, ASYNCIO, ASYNCIO_HANDLER, CLEANS_UP, INTERRUPT, NO_HANDLER, dockerfile, pod
from evidence.sandbox import Running
from k8slint import Workload

CLEAN = "ends within the grace period, cleaned up"
CUT = "ends at once, without its clean-up"
KILLED = "killed after the grace period"


def stopped(running: Running, workload: Workload) -> str:
    """Stop the container as a kubelet does, and see how it ends."""
    if not running.prints("up"):
        return f"does not start: {running.output}"
    running.send(workload.stop_signal.value)
    if not running.ends(grace(workload)):
        return KILLED
    return CLEAN if running.prints("cleaned up") else CUT


STOP = Question(
    "A stop",
    (
        Promise("shell-form-blocks-sigterm", "is killed in the middle of its work", KILLED),
        Promise("shell-form-blocks-sigterm", "is killed without a grace period", CUT),
        Promise("shell-form-blocks-sigterm", "is killed with it within milliseconds", CUT),
        Promise("entry-script-without-exec", "is killed in the middle of its work", KILLED),
        Promise("entry-script-without-exec", "is killed without a grace period", CUT),
        Promise("entry-script-without-exec", "is killed with it within milliseconds", CUT),
        Promise("sigterm-unhandled", "as PID 1", KILLED),
        Promise("sigterm-unhandled", "ends the program at once", CUT),
        Promise("python-as-pid-1", "lives on until it is killed", KILLED),
    ),
    CLEAN,
    stopped,
)


def _cmd(name: str, *lines: str, says: str = "", base: str = "", app: str = CLEANS_UP, tools: str = "") -> Case:
    files = {"Dockerfile": dockerfile(*lines, **({"base": base} if base else {})), "app.py": app}
    return Case(name, STOP, files, tuple(says.split(", ")) if says else (), tuple(tools.split()))


def _script(name: str, script: str, says: str = "", base: str = "", tools: str = "", entry: str = "") -> Case:
    lines = (entry or 'ENTRYPOINT ["./entrypoint.sh"]', 'CMD ["python", "app.py"]')
    files = {"Dockerfile": dockerfile(*lines, **({"base": base} if base else {})), "app.py": CLEANS_UP}
    files["entrypoint.sh"] = script
    return Case(name, STOP, files, (says,) if says else (), tuple(tools.split()))


def _pod(name: str, says: str, app: str, spec: str) -> Case:
    files = {"Dockerfile": dockerfile(EXEC_FORM), "app.py": app, "deployment.yaml": pod(spec=spec)}
    return Case(name, STOP, files, (says,) if says else ())


SHELL_FORM = "shell-form-blocks-sigterm Dockerfile"
NO_EXEC = "entry-script-without-exec entrypoint.sh"
TINI = 'ENTRYPOINT ["tini", "--"]'
TINI_SCRIPT = 'ENTRYPOINT ["tini", "--", "./entrypoint.sh"]'
GROUP = 'ENTRYPOINT ["tini", "-g", "--"]'
DUMB = 'ENTRYPOINT ["dumb-init", "--"]'
SINGLE = 'ENTRYPOINT ["dumb-init", "--single-child", "--"]'
REWRITE = 'ENTRYPOINT ["dumb-init", "--rewrite", "15:2", "--"]'
PASSES_ON = """\
#!/bin/sh
"$@" &
child=$!
trap 'kill -TERM "$child"' TERM
wait "$child"
wait "$child"
"""
BASH = 'SHELL ["/bin/bash", "-c"]'

UNHANDLED = "sigterm-unhandled app.py"
PID_1 = "python-as-pid-1 Dockerfile"
EXEC_FORM = 'CMD ["python", "app.py"]'

SPELLINGS = (
    _cmd("CMD in exec form", EXEC_FORM),
    _cmd("CMD in shell form, dash", "CMD python app.py", says=SHELL_FORM),
    _cmd("CMD in shell form with exec, dash", "CMD exec python app.py"),
    _cmd("CMD in shell form after another command, dash", "CMD true && exec python app.py"),
    _cmd("CMD in shell form after another command without exec, dash", "CMD true && python app.py", says=SHELL_FORM),
    _cmd("CMD in shell form with a pipe, dash", "CMD exec python app.py | cat", says=SHELL_FORM),
    _cmd("CMD in shell form, BusyBox", "CMD python app.py", base=ALPINE, tools="busybox"),
    _cmd(
        "CMD in shell form with a fallback, BusyBox",
        "CMD python app.py || true",
        says=SHELL_FORM,
        base=ALPINE,
        tools="busybox",
    ),
    _cmd(
        "CMD in shell form with a pipe, BusyBox",
        "CMD python app.py | cat",
        says=SHELL_FORM,
        base=ALPINE,
        tools="busybox",
    ),
    _cmd("CMD in shell form, SHELL is bash", BASH, "CMD python app.py"),
    _cmd("CMD in shell form with a fallback, SHELL is bash", BASH, "CMD python app.py || true", says=SHELL_FORM),
    _cmd("CMD in shell form, last of two commands, SHELL is bash", BASH, "CMD true; python app.py"),
    _cmd("ENTRYPOINT names dash", 'ENTRYPOINT ["sh", "-c"]', 'CMD ["python app.py"]', says=SHELL_FORM),
)

SCRIPTS = (
    _script("entry script without exec, dash", '#!/bin/sh\n"$@"\n', NO_EXEC),
    _script("entry script with exec, dash", '#!/bin/sh\nexec "$@"\n'),
    _script("entry script without exec, bash", '#!/bin/bash\nset -e\n"$@"\n', NO_EXEC),
    _script("entry script with exec, bash", '#!/bin/bash\nset -e\nexec "$@"\n'),
    _script("entry script without exec, BusyBox", '#!/bin/sh\n"$@"\n', NO_EXEC, ALPINE, "busybox"),
    _script("entry script with exec, BusyBox", '#!/bin/sh\nexec "$@"\n', "", ALPINE, "busybox"),
    _script("entry script that passes the signal on", PASSES_ON),
    _script("entry script with the program in the background", '#!/bin/sh\n"$@" &\nwait\n', NO_EXEC),
)

INITS = (
    _cmd("tini", TINI, EXEC_FORM, tools="tini"),
    _cmd("tini, no handler", TINI, EXEC_FORM, says=UNHANDLED, app=NO_HANDLER, tools="tini"),
    _cmd("tini and a shell, dash", TINI, "CMD python app.py", says=SHELL_FORM, tools="tini"),
    _cmd("tini -g and a shell, dash", GROUP, "CMD python app.py", says=SHELL_FORM, tools="tini"),
    _cmd("dumb-init", DUMB, EXEC_FORM, tools="dumb-init"),
    _cmd("dumb-init and a shell, dash", DUMB, "CMD python app.py", says=SHELL_FORM, tools="dumb-init"),
    _cmd("dumb-init --single-child and a shell, dash", SINGLE, "CMD python app.py", says=SHELL_FORM, tools="dumb-init"),
    _cmd("dumb-init that turns SIGTERM into SIGINT", REWRITE, EXEC_FORM, app=INTERRUPT, tools="dumb-init"),
    _script("tini and an entry script without exec", '#!/bin/sh\n"$@"\n', NO_EXEC, tools="tini", entry=TINI_SCRIPT),
    _script("tini and an entry script with exec", '#!/bin/sh\nexec "$@"\n', tools="tini", entry=TINI_SCRIPT),
)

PROGRAMS = (
    _cmd("no handler, PID 1", EXEC_FORM, says=f"{PID_1}, {UNHANDLED}", app=NO_HANDLER),
    _cmd("no handler, STOPSIGNAL SIGINT", "STOPSIGNAL SIGINT", EXEC_FORM, app=NO_HANDLER),
    _cmd("only except KeyboardInterrupt, PID 1", EXEC_FORM, says=f"{PID_1}, {UNHANDLED}", app=INTERRUPT),
    _cmd("asyncio.run without a handler", EXEC_FORM, says=f"{PID_1}, {UNHANDLED}", app=ASYNCIO),
    _cmd("asyncio with add_signal_handler", EXEC_FORM, app=ASYNCIO_HANDLER),
    _pod("no handler, shareProcessNamespace", UNHANDLED, NO_HANDLER, "shareProcessNamespace: true"),
    _pod("handler, shareProcessNamespace", "", CLEANS_UP, "shareProcessNamespace: true"),
)

CASES = (*SPELLINGS, *SCRIPTS, *INITS, *PROGRAMS)
