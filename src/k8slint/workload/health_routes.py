"""The routes of a program that are there to be probed."""

from __future__ import annotations

import re

from k8slint.fact import Place
from k8slint.regex import holds, regex
from k8slint.workload.detail import in_full
from k8slint.workload.program import Program
from k8slint.workload.routes import written_routes

ENDS_IN = "a route that ends in "
"""In front of the path as it is written: a router may be mounted below a prefix."""
_READY = ("readyz", "ready", "readiness")
_NAMES = (*_READY, "healthz", "health", "healthcheck", "health-check", "livez", "live", "liveness", "alive", "ping")
# A text that ends in such a name; reading a module in full is dear.
_MAY_ROUTE = regex(rf"""["'/^](?:{"|".join(_NAMES)})[/?$]*["']""", re.IGNORECASE)


def health_routes(program: Program) -> tuple[Place, ...]:
    """The first route of each name that is usual for health, those that tell readiness first."""
    found: dict[str, Place] = {}
    for short in program.modules:
        if not holds(_MAY_ROUTE, short.source.text):
            continue
        for path, location in sorted(written_routes(in_full(short)), key=lambda one: one[1].line):
            name = path.strip("/").rsplit("/", 1)[-1].lower()
            if name in _NAMES:
                found.setdefault(name, Place(location, f"{ENDS_IN}{path}"))
    return tuple(found[name] for name in sorted(found, key=_NAMES.index))
