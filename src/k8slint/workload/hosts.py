"""Which host names a program answers to: Django's ALLOWED_HOSTS and the middlewares that check the Host header."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, Expr, PythonFile
from k8slint.workload.detail import in_full
from k8slint.workload.django import setting, settings_module
from k8slint.workload.environment import Environment
from k8slint.workload.knowledge import probes
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.workload import Workload


class HostCheck(Struct, frozen=True):
    """The only host names that requests are answered for; ``name`` is what says so, ``who`` refuses with 400."""

    name: str
    who: str
    hosts: tuple[str, ...]
    location: Location

    def admits(self, host: str) -> bool:
        """Whether a request with this Host header, without its port, gets through."""
        name = host.lower()
        return any(
            allowed in ("*", name) or (allowed.startswith((".", "*.")) and f".{name}".endswith(allowed.lstrip("*")))
            for allowed in (one.lower() for one in self.hosts)
        )


def host_checks(workload: Workload, path: str) -> Iterator[HostCheck]:
    """The checks that a request for ``path`` meets, where their lists are known and nothing may answer before them."""
    for process, program in workload.programs():
        if process is None or not process.entry.serves:
            continue
        if not _answers_before(program, path):
            yield from _middlewares(program, workload.environment, process)
        yield from _django(program, workload.environment, process, path)


def _middlewares(program: Program, environment: Environment, process: Process) -> Iterator[HostCheck]:
    table = probes()["host_checks"]
    for short in program.modules:
        if not any(row["class"] in short.source.text for row in table):
            continue
        module = in_full(short)
        for call in module.calls:
            row = next((row for row in table if _adds(call, row["class"])), None)
            value = call.keyword(row["keyword"]) if row is not None else None
            if row is None or value is None or not _runs(program, module, call):
                continue
            hosts = _listed(module.resolve(value, call.scope), module, environment, process)
            if hosts:
                yield HostCheck(row["class"], row["who"], hosts, value.location)


def _adds(call: Call, name: str) -> bool:
    if call.name.rpartition(".")[2] == name:
        return True
    is_adding = call.name.endswith(".add_middleware") or call.name == "starlette.middleware.Middleware"
    return is_adding and bool(call.args) and str(call.args[0].value).rpartition(".")[2] == name


def _runs(program: Program, module: PythonFile, call: Call) -> bool:
    in_branch = any(guard == "if" or guard.startswith(("handler", "for", "while")) for guard in call.guards)
    used = not call.scope or program.uses(call.scope.rpartition(".")[2])
    return not in_branch and used and program.counts(module, call.main_guard)


def _answers_before(program: Program, path: str) -> bool:
    """Whether a middleware of the project names the path: it may answer before the hosts are checked."""
    marks = ("BaseHTTPMiddleware", ".middleware(", "__call__(self, scope")
    return any(
        any(mark in module.source.text for mark in marks) and _names_path(module, path) for module in program.modules
    )


def _names_path(module: PythonFile, path: str) -> bool:
    return path.strip("/") in module.source.text


def _django(program: Program, environment: Environment, process: Process, path: str) -> Iterator[HostCheck]:
    text = program.entry.source.text
    serves = "get_wsgi_application" in text or "get_asgi_application" in text
    if not serves and not process.entry.server.startswith("manage.py"):
        return
    dotted = settings_module(program, environment, process)
    if not dotted.is_known or not _reaches_common(program, dotted.value, path):
        return
    found = setting(program, dotted.value, "ALLOWED_HOSTS")
    if not found.is_known:
        return
    module, value, location = found.value
    hosts = _listed(value, module, environment, process)
    if hosts:
        yield HostCheck("ALLOWED_HOSTS", "Django", hosts, location)


def _reaches_common(program: Program, dotted: str, path: str) -> bool:
    """Whether CommonMiddleware, which asks for the host, sees the request: nothing in front of it may answer."""
    found = setting(program, dotted, "MIDDLEWARE")
    names = _constants(found.value[1]) if found.is_known else None
    table = probes()["django_middlewares"]
    if not names or table["asks_host"] not in names:
        return False
    for name in names[: names.index(table["asks_host"])]:
        if name.startswith(tuple(table["pass_on"])):
            continue
        module = program.find(name.rpartition(".")[0])
        if module is None or _names_path(module, path):
            return False
    return True


def _listed(value: Expr, module: PythonFile, environment: Environment, process: Process) -> tuple[str, ...] | None:
    """The host names that an expression gives, None where one of them is not known."""
    if value.kind == "binary" and value.value == "+":
        sides = [_listed(side, module, environment, process) for side in value.args]
        return (sides[0] or ()) + (sides[1] or ()) if None not in sides else None
    if value.kind != "call":
        return _constants(value)
    reads = [one for one in module.env_reads if _within(one.location, value.location)]
    if not str(value.value).endswith(".split") or len(reads) != 1 or [one.value for one in value.args] != [","]:
        return None
    found = environment.get(reads[0].name, process)
    default = reads[0].default.value if reads[0].default is not None else None
    if found.is_absent and isinstance(default, str) and "dotenv" not in module.source.text:
        return tuple(default.split(","))
    return tuple(found.value.split(",")) if found.is_known and "$" not in found.value else None


def _constants(value: Expr) -> tuple[str, ...] | None:
    if value.kind not in ("list", "tuple", "set"):
        return None
    texts = tuple(part.value for part in value.args if part.kind == "const" and isinstance(part.value, str))
    return texts if len(texts) == len(value.args) else None


def _within(inner: Location, outer: Location) -> bool:
    starts = (outer.line, outer.column) <= (inner.line, inner.column)
    return starts and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
