"""In how many processes one program runs at once: the workers of its server in all of its pods."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.fact import Fact, absent, unknown
from k8slint.location import Location
from k8slint.rule import Related
from k8slint.workload.concurrency import Concurrency, serving
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.scaling import Replicas
from k8slint.workload.workload import Role, Workload


class Copies(Struct, frozen=True):
    """The processes of one container that share its work, and its pods."""

    serving: Fact[Concurrency]
    replicas: Fact[Replicas]
    start: Location | None
    """Where the program is started."""

    @property
    def workers(self) -> int | None:
        """Processes in one container; None where they are not known or follow the node's processors."""
        if self.serving.is_absent:
            return 1
        return self.serving.value.workers if self.serving.is_known else None

    @property
    def has_several_workers(self) -> bool:
        """Whether one container is known to run more than one process; as many as the node has processors counts."""
        return self.serving.is_known and self.serving.value.workers != 1

    @property
    def pods(self) -> int | None:
        """The most pods that the manifests ask for, None where they do not tell."""
        return self.replicas.value.most if self.replicas.is_known else None

    @property
    def are_several(self) -> bool:
        return self.has_several_workers or (self.pods or 0) > 1

    @property
    def is_one(self) -> bool:
        return self.workers == 1 and self.pods == 1

    @property
    def total(self) -> int | None:
        """All processes, None where a part is not known."""
        return None if self.workers is None or self.pods is None else self.workers * self.pods

    def __str__(self) -> str:
        """Where the program runs, as in "each of 4 gunicorn workers in each of 3 pods"."""
        parts = []
        if self.has_several_workers:
            what, workers = self.serving.value.what, self.workers
            parts.append(f"each of {workers} {what}" if workers else f"each of the {what}, one or more per processor")
        if (self.pods or 0) > 1:
            by = self.replicas.value.by
            many = f"{self.pods} pods" if by == "replicas" else f"up to {self.pods} pods ({by})"
            parts.append(f"each of {many}")
        return " in ".join(parts) or "one process of one pod"

    def related(self) -> tuple[Related, ...]:
        """The places that give the numbers."""
        found = []
        if self.has_several_workers:
            at = self.serving.value.location or self.start
            if at is not None:
                found.append(Related(at, f"gives the number of {self.serving.value.what}"))
        if (self.pods or 0) > 1:
            found.extend(Related(one.location, one.note) for one in self.replicas.places[:1])
        return tuple(found)


def copies(workload: Workload, process: Process | None, program: Program | None, at_import: bool = False) -> Copies:
    """How often a program runs, or, ``at_import``, what its modules do when they are loaded.

    A server that loads the program before it forks does that once for all of its workers.
    """
    found = serving(workload, process, program)
    if at_import and found.is_known and found.value.preload is not False:
        found = unknown("whether each worker loads it is not known") if found.value.preload is None else absent()
    start = process.entry.location if process is not None else None
    return Copies(found, workload.replica_range, start)


def lasting_programs(workload: Workload) -> Iterator[tuple[Process, Program]]:
    """The program that runs as long as the container; none where it is not known which one of several that is."""
    is_lasting = workload.role in (Role.MAIN, Role.SERVICE, Role.IMAGE) and not workload.runs_to_completion
    if not is_lasting or len(workload.python_processes) != 1:
        return
    for process, program in workload.programs():
        if process is not None:
            yield process, program
