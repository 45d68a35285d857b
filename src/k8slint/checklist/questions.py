"""The rows of the checklist: what each asks, of which workloads, which rules answer it, and what a pass must know."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from k8slint.checklist import applies, building, counting, serving, stopping
from k8slint.fact import Fact
from k8slint.workload.workload import Workload


class Question(Struct, frozen=True):
    """One row. ``missing`` names the facts that a pass needs and that are not known.

    ``applies`` is absent where the row does not concern a workload; ``otherwise`` says why, unless the fact does.
    ``shown`` is the arithmetic that is printed whatever the answer.
    """

    text: str
    applies: Callable[[Workload], Fact[bool]]
    otherwise: str
    rules: tuple[str, ...]
    missing: Callable[[Workload], Iterator[str]]
    shown: Callable[[Workload], str] | None = None


QUESTIONS = (
    Question(
        "Does SIGTERM reach the program?",
        applies.always,
        "",
        (
            "shell-form-blocks-sigterm",
            "entry-script-without-exec",
            "launcher-drops-signals",
            "command-drops-entrypoint",
        ),
        stopping.arrival,
    ),
    Question(
        "Does the program act on it, and end?",
        applies.long_running,
        "it ends by itself",
        (
            "sigterm-unhandled",
            "server-sigterm-overridden",
            "inert-sigterm-handler",
            "sleep-outlives-grace",
            "wrong-stop-signal",
        ),
        stopping.reaction,
    ),
    Question(
        "Is there enough time to finish?",
        applies.long_running,
        "it ends by itself",
        ("grace-shorter-than-shutdown", "celery-task-lost-on-shutdown"),
        stopping.time_to_finish,
    ),
    Question(
        "Is traffic drained before the listener closes?",
        applies.balanced,
        "no Service sends it requests",
        ("no-drain-before-sigterm",),
        stopping.draining,
    ),
    Question(
        "Are children reaped, and stopped in order?",
        applies.starts_children,
        "it starts no processes",
        ("python-as-pid-1", "orphans-not-reaped", "group-signal-kills-pool"),
        stopping.children,
    ),
    Question(
        "Are processes and threads sized by the limit, not by the node?",
        applies.cpu_limited,
        "there is no CPU limit",
        (
            "workers-from-node-cores",
            "pool-sized-by-node",
            "affinity-is-not-quota",
            "native-threads-unbounded",
            "task-concurrency-unset",
        ),
        counting.sizes,
    ),
    Question(
        "Does the CPU limit carry the demand?",
        applies.cpu_limited,
        "there is no CPU limit",
        ("demand-exceeds-quota", "limit-unreachable-by-one-process"),
        counting.demand,
        counting.cpu_sum,
    ),
    Question(
        "Does the memory fit before there is any work, with headroom?",
        applies.memory_limited,
        "there is no memory limit",
        ("workers-exceed-memory-limit", "shm-too-small", "model-copied-per-worker"),
        counting.memory,
        counting.memory_sum,
    ),
    Question(
        "Does the code see its own limits?",
        applies.always,
        "",
        ("node-wide-readings", "cgroup-v1-only"),
        counting.whole_program,
    ),
    Question(
        "Is growth contained?",
        applies.long_running,
        "it ends by itself",
        ("no-worker-recycling", "gc-collect-as-relief", "memory-hpa-on-python"),
        counting.processes,
    ),
    Question(
        "Are requests and the memory limit set and sane?",
        applies.in_cluster,
        "there is no manifest",
        ("requests-limits-missing", "suspicious-quantity"),
        counting.resources,
    ),
    Question(
        "Can the readiness probe succeed?",
        applies.served,
        "nothing sends it requests",
        (
            "probes-missing",
            "probe-path-not-served",
            "host-check-rejects-probe",
            "loopback-bind",
            "port-chain-broken",
            "exec-binary-missing",
        ),
        serving.readiness,
    ),
    Question(
        "Does liveness fail for a stuck process only?",
        applies.with_liveness,
        "there is no liveness probe",
        (
            "liveness-checks-dependency",
            "exec-probe-boots-python",
            "liveness-queues-behind-requests",
            "probe-type-mismatch",
        ),
        serving.liveness,
    ),
    Question(
        "Is there time to start?",
        applies.with_liveness,
        "there is no liveness probe",
        ("slow-start-without-startup-probe", "download-at-startup", "bytecode-recompiled-every-start"),
        serving.start,
    ),
    Question(
        "Does it run as a numeric user that is not root?",
        applies.always,
        "",
        ("effective-root", "nonroot-unverifiable"),
        serving.user,
    ),
    Question(
        "Can it write where it needs to?",
        applies.always,
        "",
        ("readonly-root-needs-tmp", "nonroot-cannot-write", "hardening-gap"),
        serving.writing,
    ),
    Question(
        "Is it a production server?",
        applies.served,
        "nothing sends it requests",
        (
            "dev-server-in-pod",
            "single-process-single-replica",
            "forwarded-headers-untrusted",
            "keepalive-shorter-than-lb",
        ),
        serving.server,
    ),
    Question(
        "Is everything in the image when it is built, and pinned?",
        applies.always,
        "",
        (
            "install-at-startup",
            "uv-run-syncs-at-start",
            "unlocked-install",
            "download-at-startup",
            "mutable-image-tag",
        ),
        building.pinned,
    ),
    Question(
        "Is the image lean, and its environment whole?",
        applies.always,
        "",
        ("full-python-base", "build-tools-in-runtime", "cuda-wheels-without-gpu", "venv-broken-across-stages"),
        building.image,
    ),
    Question(
        "Will a crash leave evidence?",
        applies.always,
        "",
        ("stdout-buffered", "logs-to-file", "django-errors-invisible", "crash-leaves-no-trace"),
        building.evidence,
    ),
    Question(
        "Do singletons run once?",
        applies.singleton,
        "it schedules nothing and migrates nothing",
        ("beat-not-singleton", "scheduler-in-replicated-web", "migrations-in-every-replica"),
        building.singletons,
    ),
    Question(
        "Is shared state really shared?",
        applies.several_processes,
        "one process runs",
        ("state-in-one-process", "prometheus-single-process-registry", "connection-pool-overflow"),
        counting.whole_program,
    ),
    Question(
        "Does a failed run count as failed?",
        applies.ends,
        "it is not meant to end",
        ("job-hides-failure",),
        building.failure,
    ),
    Question(
        "Does the cluster run what the repository tested?",
        applies.in_cluster,
        "there is no manifest",
        (
            "service-link-env-collision",
            "argv-mistake",
            "required-env-unset",
            "entry-target-missing",
            "volume-hides-code",
            "compose-setting-lost",
            "entry-script-not-runnable",
            "dead-server-env",
            "misplaced-field",
            "celery-cluster-chatter",
        ),
        building.as_tested,
    ),
)
