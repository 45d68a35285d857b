"""What a rule author may import."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from k8slint._version import __version__

if TYPE_CHECKING:
    from k8slint.fact import Fact, Place, State, absent, known, unknown
    from k8slint.location import Location
    from k8slint.models.dockerfile import Dockerfile, Instruction, Stage
    from k8slint.models.manifest import Container, KubernetesObject
    from k8slint.models.python import Call, Expr, PythonFile
    from k8slint.models.shell import ShellScript
    from k8slint.project import Project
    from k8slint.rule import Confidence, Finding, Related, Rule, Severity
    from k8slint.workload.cores import COUNTS, NodeCount, count_is_overridden, counts_in_shell, node_sized
    from k8slint.workload.dependencies import Dependency, fatal_dependencies
    from k8slint.workload.hosts import HostCheck, host_checks
    from k8slint.workload.lifetime import Blocking, blocking, clean_up, interrupt_only, sigterm_handling, stays_up
    from k8slint.workload.probes import Probe, probes
    from k8slint.workload.process import Entry, Language, OnSigterm, Process, Step, StepKind
    from k8slint.workload.program import Program
    from k8slint.workload.routes import Handler, handlers
    from k8slint.workload.start_cost import StartCost, start_cost
    from k8slint.workload.workload import Role, Workload

# Each name with the module it lives in: imported when first asked for, so that `k8slint --version` reads none of them.
_HOMES = {
    "k8slint.fact": ("Fact", "Place", "State", "absent", "known", "unknown"),
    "k8slint.location": ("Location",),
    "k8slint.models.dockerfile": ("Dockerfile", "Instruction", "Stage"),
    "k8slint.models.manifest": ("Container", "KubernetesObject"),
    "k8slint.models.python": ("Call", "Expr", "PythonFile"),
    "k8slint.models.shell": ("ShellScript",),
    "k8slint.project": ("Project",),
    "k8slint.rule": ("Confidence", "Finding", "Related", "Rule", "Severity"),
    "k8slint.workload.cores": ("COUNTS", "NodeCount", "count_is_overridden", "counts_in_shell", "node_sized"),
    "k8slint.workload.dependencies": ("Dependency", "fatal_dependencies"),
    "k8slint.workload.hosts": ("HostCheck", "host_checks"),
    "k8slint.workload.lifetime": (
        "Blocking",
        "blocking",
        "clean_up",
        "interrupt_only",
        "sigterm_handling",
        "stays_up",
    ),
    "k8slint.workload.probes": ("Probe", "probes"),
    "k8slint.workload.process": ("Entry", "Language", "OnSigterm", "Process", "Step", "StepKind"),
    "k8slint.workload.program": ("Program",),
    "k8slint.workload.routes": ("Handler", "handlers"),
    "k8slint.workload.start_cost": ("StartCost", "start_cost"),
    "k8slint.workload.workload": ("Role", "Workload"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "COUNTS",
    "Blocking",
    "Call",
    "Confidence",
    "Container",
    "Dependency",
    "Dockerfile",
    "Entry",
    "Expr",
    "Fact",
    "Finding",
    "Handler",
    "HostCheck",
    "Instruction",
    "KubernetesObject",
    "Language",
    "Location",
    "NodeCount",
    "OnSigterm",
    "Place",
    "Probe",
    "Process",
    "Program",
    "Project",
    "PythonFile",
    "Related",
    "Role",
    "Rule",
    "Severity",
    "ShellScript",
    "Stage",
    "StartCost",
    "State",
    "Step",
    "StepKind",
    "Workload",
    "__version__",
    "absent",
    "blocking",
    "clean_up",
    "count_is_overridden",
    "counts_in_shell",
    "fatal_dependencies",
    "handlers",
    "host_checks",
    "interrupt_only",
    "known",
    "node_sized",
    "probes",
    "sigterm_handling",
    "start_cost",
    "stays_up",
    "unknown",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'k8slint' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
