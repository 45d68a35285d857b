"""Where a program reads its limits from files that only the first version of control groups has."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Expr, PythonFile
from k8slint.regex import holds, regex
from k8slint.workload.detail import in_full
from k8slint.workload.program import Program
from k8slint.workload.workload import Workload

# https://docs.kernel.org/admin-guide/cgroup-v1/memory.html https://docs.kernel.org/scheduler/sched-bwc.html
_OLD = regex(
    r"\b(?P<file>memory\.(?:limit_in_bytes|usage_in_bytes|soft_limit_in_bytes|max_usage_in_bytes|memsw\.\w+)"
    r"|cpu\.cfs_(?:quota|period)_us|cpu\.shares|cpuacct\.usage\w*)"
)
# https://docs.kernel.org/admin-guide/cgroup-v2.html
_NEW = regex(
    r"memory\.(?:max|current|high)\b|cpu\.(?:max|weight|stat)\b|cgroup\.controllers|cgroup2|cgroupv2|cgroup_v2"
)


class OldCgroupRead(Struct, frozen=True):
    """One read of ``file``, which tells about ``resource`` ("memory" or "cpu")."""

    file: str
    resource: str
    location: Location


def old_cgroup_reads(workload: Workload) -> Iterator[OldCgroupRead]:
    """The reads of code that is used, and of start scripts; none where the newer files are spoken of as well."""
    for process, program in workload.programs():
        if any(holds(_NEW, module.source.text) for module in program.modules) or program.may_mention("cpu.max"):
            continue
        for module in program.modules:
            if holds(_OLD, module.source.text):
                yield from _of_module(program, in_full(module))
        for step in process.steps if process is not None else ():
            for words, location in step.commands:
                found = _OLD.search(" ".join(words))
                if found is not None and not any(_NEW.search(" ".join(other)) for other, _ in step.commands):
                    yield _read(found["file"], location)


def _of_module(program: Program, module: PythonFile) -> Iterator[OldCgroupRead]:
    for call in module.calls:
        if program.counts(module, call.main_guard) and program.reaches(module, call.scope):
            yield from _in((*call.args, *(value for _, value in call.keywords)))
    for one in module.assignments:
        yield from _in((one.value,))


def _in(parts: tuple[Expr, ...]) -> Iterator[OldCgroupRead]:
    for part in parts:
        for one in part.walk():
            found = _OLD.search(one.value) if one.kind == "const" and isinstance(one.value, str) else None
            if found is not None and "\n" not in str(one.value):
                yield _read(found["file"], one.location)


def _read(file: str, location: Location) -> OldCgroupRead:
    return OldCgroupRead(file, "memory" if file.startswith("memory") else "cpu", location)
