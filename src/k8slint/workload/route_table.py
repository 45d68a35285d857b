"""Every path that a program answers, where that can be told: what is not in it is answered with 404."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from k8slint.fact import Fact, known, unknown
from k8slint.location import Location
from k8slint.models.python import Call, Expr, PythonFile
from k8slint.regex import regex
from k8slint.workload.detail import in_full
from k8slint.workload.knowledge import probes
from k8slint.workload.objects import defined
from k8slint.workload.program import Program, matches
from k8slint.workload.routes import prefixes, written_routes

_PARAMETER = regex(r"\{[^{}]*\}|<[^<>]*>")
_WHOLE_REST = regex(r"\{[^{}]*:path\}|<path:[^<>]*>|\*$")
_MOUNTS = (".include_router", ".register_blueprint")


class Route(Struct, frozen=True):
    """A path with its parameters as written.

    ``whole`` tells that what stands in front of it is known; ``method`` is GET, or the others that it answers.
    """

    path: str
    method: str
    whole: bool
    location: Location

    def answers(self, path: str) -> bool:
        """Whether a request for ``path`` may be meant; a route whose prefix is not known may have any in front."""
        return _fits(self.path, path) if self.whole else _ends_with(self.path, path)


class RouteTable(Struct, frozen=True):
    """The routes of one application of a framework; ``defaults`` are paths that the framework answers by itself."""

    framework: str
    routes: tuple[Route, ...]
    defaults: tuple[str, ...]
    modules: tuple[PythonFile, ...]

    def answering(self, path: str) -> tuple[Route, ...]:
        """The routes that a request for ``path`` may reach, whatever its method."""
        return tuple(one for one in self.routes if one.answers(path))

    def may_answer(self, path: str) -> bool:
        """Whether the framework itself, or code that names the path without routing it, such as a middleware, may."""
        if any(_fits(one, path) for one in self.defaults):
            return True
        last = path.rstrip("/").rpartition("/")[2]
        if not last or any(one.path.rstrip("/").endswith(f"/{last}") for one in self.routes):
            return False
        named = re.compile(rf"[/\"']{re.escape(last)}\b")
        return any(named.search(module.source.text) for module in self.modules)


def route_table(program: Program) -> Fact[RouteTable]:
    """The routes of a program that is one FastAPI or one Flask application; unknown where something may add others."""
    table = probes()["route_tables"]
    if not program.complete:
        return unknown("modules are loaded by a name that is not known")
    modules = tuple(in_full(one) for one in program.modules)
    if because := _opened(program, modules, table):
        return unknown(because)
    made = [call for module in modules for call in module.calls if call.name in table["applications"]]
    if len(made) != 1:
        return unknown("there is not one application")
    call = made[0]
    if any(name == "**" for name, _ in call.keywords):
        return unknown("the application is made with arguments that are not known")
    handed = _handed_on(program, modules, call, table)
    if handed is not None:
        return unknown(f"{handed.name} may add routes")
    routes = tuple(route for one in modules for route in _routes(program, one, table))
    if not routes:
        return unknown("no route is written")
    return known(RouteTable(call.name.rpartition(".")[2], routes, tuple(table["applications"][call.name]), modules))


def _opened(program: Program, modules: tuple[PythonFile, ...], table: dict[str, Any]) -> str:
    for package in table["others"]:
        if program.imports(package):
            return f"{package} may answer as well"
    for module in modules:
        for word in table["opens"]:
            if word in module.source.text:
                return f"{module.path} mentions {word}"
    return ""


def _handed_on(
    program: Program, modules: tuple[PythonFile, ...], application: Call, table: dict[str, Any]
) -> Call | None:
    """The first call that is given the application or a router, and may add routes to it that are not written here."""
    routers = set(probes()["routes"]["routers"])
    made = {application.name, *routers}
    names = {
        one.target.rpartition(".")[2]
        for module in modules
        for one in module.assignments
        if one.value.kind == "call" and str(one.value.value) in made
    } | {"app", "router"}
    for module in modules:
        for call in module.calls:
            if call.name.endswith(_MOUNTS):
                if not call.args or not _is_ours(program, module, call.args[0], routers):
                    return call
            elif call.name.endswith(".add_middleware"):
                middleware = str(call.args[0].value) if call.args and call.args[0].kind == "name" else ""
                of_project = defined(program, module, middleware) is not None
                if not of_project and not middleware.startswith(tuple(table["middlewares"])):
                    return call
            elif _takes(call, names) and not _adds_nothing(program, module, call, table):
                return call
    return None


def _is_ours(program: Program, module: PythonFile, router: Expr, routers: set[str]) -> bool:
    found = defined(program, module, str(router.value)) if router.kind == "name" else None
    if found is None:
        return False
    made = [one.value for one in found[0].assignments if one.target == found[1]]
    return bool(made) and all(one.kind == "call" and str(one.value) in routers for one in made)


def _takes(call: Call, names: set[str]) -> bool:
    given = (*call.args, *(value for _, value in call.keywords))
    return any(one.kind == "name" and str(one.value).rpartition(".")[2] in names for one in given)


def _adds_nothing(program: Program, module: PythonFile, call: Call, table: dict[str, Any]) -> bool:
    if any(matches(call.name, name) for name in table["takes_application"]):
        return True
    return not call.name.startswith(".") and defined(program, module, call.name) is not None


def _routes(program: Program, module: PythonFile, table: dict[str, Any]) -> Iterator[Route]:
    for function in module.functions:
        for one in function.decorators:
            method = str(one.value).rpartition(".")[2]
            if one.kind != "call" or method not in (*table["get"], *table["others_methods"]):
                continue
            path = _path(module, one)
            if path is None:
                yield Route("*", "GET", False, one.location)
                continue
            answered = _method(one, method, table)
            before = prefixes(program, module, one)
            yield from (Route(f"{prefix}{path}", answered, True, one.location) for prefix in before)
            if not before:
                yield Route(path, answered, False, one.location)
    seen = {one.location for function in module.functions for one in function.decorators}
    for path, location in written_routes(module):
        if location not in seen:
            yield Route(path, "GET", False, location)


def _path(module: PythonFile, decorator: Expr) -> str | None:
    keywords = dict(decorator.keywords)
    written = decorator.args[0] if decorator.args else keywords.get("path", keywords.get("rule"))
    value = module.resolve(written, "").value if written is not None else None
    return value if isinstance(value, str) else None


def _method(decorator: Expr, method: str, table: dict[str, Any]) -> str:
    if method not in table["get"]:
        return method.upper()
    methods = dict(decorator.keywords).get("methods")
    if methods is None or methods.kind not in ("list", "tuple", "set"):
        return "GET"
    written = [str(one.value).upper() for one in methods.args]
    return "GET" if "GET" in written or any(one.kind != "const" for one in methods.args) else "/".join(written)


def _fits(route: str, path: str) -> bool:
    """Whether a route with parameters takes ``path``, with or without a slash at the end."""
    rest = _WHOLE_REST.search(route)
    if rest is not None:
        start = route[: rest.start()].rstrip("/")
        return _like(start, "/".join(path.split("/")[: start.count("/") + 1]))
    return _like(route.rstrip("/"), path.rstrip("/"))


def _ends_with(route: str, path: str) -> bool:
    segments = [one for one in path.split("/") if one]
    rests = ["/" + "/".join(segments[at:]) for at in range(len(segments) + 1)]
    return any(_fits("/" + route.lstrip("/"), rest) for rest in rests)


def _like(route: str, path: str) -> bool:
    wanted, given = route.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        one == other or _PARAMETER.search(one) is not None for one, other in zip(wanted, given, strict=True)
    )
