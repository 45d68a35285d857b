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
    from k8slint.models.requirements import Requirement
    from k8slint.models.shell import ShellScript
    from k8slint.project import Project
    from k8slint.repair import (
        Change,
        CountFromEnvironment,
        ExecForm,
        ExecInFront,
        Field,
        ImageInit,
        ImageUser,
        ImageVariable,
        Item,
        Level,
        Options,
        Repair,
        Safety,
        StopEvent,
        Words,
    )
    from k8slint.rule import Confidence, Finding, Needs, Related, Rule, Severity
    from k8slint.workload.affinity import affinity_calls, affinity_reads
    from k8slint.workload.argv import argv_mistakes
    from k8slint.workload.asked import asks_program
    from k8slint.workload.autoscaler_metrics import recycles_workers, resource_metrics
    from k8slint.workload.buffered_output import OUTPUT_CALLS, BufferedOutput, Unbuffered, buffered_outputs
    from k8slint.workload.build_tools import COMPILE_CALLS, BuildTools, build_tools, compiles
    from k8slint.workload.bytecode import recompiled
    from k8slint.workload.celery import CeleryProcess, Setting, celery_processes
    from k8slint.workload.cgroup_files import old_cgroup_reads
    from k8slint.workload.children import CHILD_CALLS, Orphan, orphans, reaps_orphans
    from k8slint.workload.compose_lost import lost_settings
    from k8slint.workload.concurrency import Concurrency, concurrency
    from k8slint.workload.connection_pools import (
        ConnectionPool,
        DatabaseLimit,
        database_limit,
        largest_pool,
        pool_calls,
    )
    from k8slint.workload.copied_environments import broken_environments
    from k8slint.workload.copies import Copies, copies, lasting_programs
    from k8slint.workload.cores import COUNTS, NodeCount, count_is_overridden, counts_in_shell
    from k8slint.workload.count_repair import count_repair
    from k8slint.workload.crash_traces import native_code, tells_of_crashes
    from k8slint.workload.dead_variables import dead_variables
    from k8slint.workload.dependencies import Dependency, fatal_dependencies
    from k8slint.workload.development import (
        DevelopmentServer,
        development_calls,
        development_server,
        django_debug,
        is_for_development,
    )
    from k8slint.workload.django_apps import with_django_apps
    from k8slint.workload.django_logging import HiddenErrors, hidden_errors
    from k8slint.workload.downloads import DOWNLOAD_CALLS, downloads
    from k8slint.workload.dropped_entrypoint import dropped_entrypoint
    from k8slint.workload.entry_targets import missing_targets
    from k8slint.workload.event_watchers import watches_events
    from k8slint.workload.exec_commands import ExecCommand, exec_commands
    from k8slint.workload.forwarded import distrusts, forwarding_calls, tls_ingresses
    from k8slint.workload.gc_calls import Collection, repeated_collections
    from k8slint.workload.handlers import flags_only, hard_exits, inert_handlers, never_installed
    from k8slint.workload.hardening import hardening_gaps
    from k8slint.workload.health_routes import health_routes
    from k8slint.workload.hidden_files import hidden_files
    from k8slint.workload.hosts import HostCheck, host_checks
    from k8slint.workload.idle_classes import is_method_of_unmade_class, only_in_idle_classes
    from k8slint.workload.idle_connections import Balancer, IdleLimit, balancers, idle_calls, idle_limit
    from k8slint.workload.image_programs import missing_program
    from k8slint.workload.image_tags import MutableImage, Naming
    from k8slint.workload.init_repair import init_repair
    from k8slint.workload.installs import Install
    from k8slint.workload.job_endings import hidden_failures
    from k8slint.workload.kept_up import INTERRUPT, kept_up
    from k8slint.workload.launchers import Launcher, daemons, deaf_launcher
    from k8slint.workload.libraries import (
        Footprint,
        NativeThreads,
        accelerator,
        declared_threads,
        footprint,
        master_mib,
        unbounded_threads,
    )
    from k8slint.workload.lifetime import blocking, clean_up, interrupt_only, sigterm_handling, stays_up
    from k8slint.workload.listening import Listener, listeners, listening_calls
    from k8slint.workload.log_files import LogFile, log_calls, log_files
    from k8slint.workload.long_sleeps import LongSleep, long_sleeps, sleep_calls
    from k8slint.workload.lost_tasks import drops_tasks_at_once, longest_task, may_run_for_ever
    from k8slint.workload.migrations import Migration, migration_calls
    from k8slint.workload.misplaced_fields import MisplacedField, misplaced_fields
    from k8slint.workload.model_loads import ModelLoad, model_load_calls, model_loads
    from k8slint.workload.mounts import has_claim, mounts, read_only_root, temporary_folder
    from k8slint.workload.node_holds import node_hold
    from k8slint.workload.node_pools import NODE_POOL_CALLS, NodePool, node_pools
    from k8slint.workload.node_workers import NodeWorkers, node_worker_calls, node_workers
    from k8slint.workload.one_core import one_core
    from k8slint.workload.pools import POOL_CALLS, children_at_risk, group_signal
    from k8slint.workload.port_chain import AskedPort, asked_ports, listening_ports, missing_backends
    from k8slint.workload.probes import Probe, probes
    from k8slint.workload.process import Entry, Language, OnSigterm, Process, Step, StepKind
    from k8slint.workload.process_state import ProcessState, process_state, state_calls
    from k8slint.workload.program import Program
    from k8slint.workload.protocols import Spoken, spoken
    from k8slint.workload.quantities import Doubt, DoubtfulQuantity, doubtful_quantities
    from k8slint.workload.quota import stalled_ms
    from k8slint.workload.reach import Caller, callers, has_proxy
    from k8slint.workload.readings import Reading, reading_calls, readings
    from k8slint.workload.recycling import Recycling, Replaced, recycling, tunes_allocator
    from k8slint.workload.required_variables import unset_variables
    from k8slint.workload.root_drops import ROOT_DROP_CALLS, may_drop_root
    from k8slint.workload.route_table import Route, RouteTable, route_table
    from k8slint.workload.routes import Handler, handlers
    from k8slint.workload.scaling import Replicas
    from k8slint.workload.schedulers import Scheduler, scheduler_calls, schedulers
    from k8slint.workload.scraped_metrics import ScrapedMetrics, main_process_server, scrape_calls, scraped_metrics
    from k8slint.workload.service_links import (
        ENVIRONMENT_READS,
        NumberRead,
        ServiceLink,
        has_service_links,
        is_overridden,
        number_reads,
        service_link,
    )
    from k8slint.workload.serving import serving
    from k8slint.workload.shared_memory import (
        SharedMemoryUse,
        shared_memory_calls,
        shared_memory_size,
        shared_memory_uses,
    )
    from k8slint.workload.shares import Share, shares
    from k8slint.workload.short_grace import ShortGrace, short_grace
    from k8slint.workload.shutdown import Budget, endless_responses, pre_stop_seconds
    from k8slint.workload.shutdown_repair import shutdown_repair
    from k8slint.workload.single_line import SingleLine, single_line_calls, single_lines
    from k8slint.workload.skeletons import readiness_field, resource_fields
    from k8slint.workload.slow_start import SlowWork, slow_work, slow_work_calls
    from k8slint.workload.sqlite_files import SQLITE_CALLS, SqliteFile, sqlite_files
    from k8slint.workload.start_cost import StartCost, start_cost
    from k8slint.workload.start_installs import INSTALL_CALLS, start_installs
    from k8slint.workload.staying import staying_python
    from k8slint.workload.stop_signals import wrong_stop_signal
    from k8slint.workload.stops import stop_behind_shell
    from k8slint.workload.taken_signals import taken_signals
    from k8slint.workload.temporary_files import TemporaryFile, temporary_calls, temporary_files
    from k8slint.workload.traffic import balanced_by, closes_listener, has_draining_mesh, is_replaced_in_turn
    from k8slint.workload.unhandled_sigterm import (
        CHILD_STARTS,
        OnStop,
        UnhandledSigterm,
        deaf_servers,
        unhandled_sigterms,
    )
    from k8slint.workload.unrunnable import unrunnable
    from k8slint.workload.unwritable import UnwritableFile, unwritable_files
    from k8slint.workload.user_numbers import user_number
    from k8slint.workload.uv_run import AtStart, UvRun, uv_runs
    from k8slint.workload.workload import Role, Workload

# Each name with the module it lives in: imported when first asked for, so that `k8slint --version` reads none of them.
_HOMES = {
    "k8slint.fact": ("Fact", "Place", "State", "absent", "known", "unknown"),
    "k8slint.location": ("Location",),
    "k8slint.models.dockerfile": ("Dockerfile", "Instruction", "Stage"),
    "k8slint.models.manifest": ("Container", "KubernetesObject"),
    "k8slint.models.python": ("Call", "Expr", "PythonFile"),
    "k8slint.models.requirements": ("Requirement",),
    "k8slint.models.shell": ("ShellScript",),
    "k8slint.project": ("Project",),
    "k8slint.repair": (
        "Change",
        "CountFromEnvironment",
        "ExecForm",
        "ExecInFront",
        "Field",
        "ImageInit",
        "ImageUser",
        "ImageVariable",
        "Item",
        "Level",
        "Options",
        "Repair",
        "Safety",
        "StopEvent",
        "Words",
    ),
    "k8slint.rule": ("Confidence", "Finding", "Needs", "Related", "Rule", "Severity"),
    "k8slint.workload.celery": ("CeleryProcess", "Setting", "celery_processes"),
    "k8slint.workload.children": ("CHILD_CALLS", "Orphan", "orphans", "reaps_orphans"),
    "k8slint.workload.concurrency": ("Concurrency", "concurrency"),
    "k8slint.workload.cores": ("COUNTS", "NodeCount", "count_is_overridden", "counts_in_shell"),
    "k8slint.workload.count_repair": ("count_repair",),
    "k8slint.workload.dependencies": ("Dependency", "fatal_dependencies"),
    "k8slint.workload.exec_commands": ("ExecCommand", "exec_commands"),
    "k8slint.workload.django_logging": ("HiddenErrors", "hidden_errors"),
    "k8slint.workload.health_routes": ("health_routes",),
    "k8slint.workload.hosts": ("HostCheck", "host_checks"),
    "k8slint.workload.image_programs": ("missing_program",),
    "k8slint.workload.image_tags": ("MutableImage", "Naming"),
    "k8slint.workload.init_repair": ("init_repair",),
    "k8slint.workload.installs": ("Install",),
    "k8slint.workload.libraries": (
        "Footprint",
        "NativeThreads",
        "accelerator",
        "declared_threads",
        "footprint",
        "master_mib",
        "unbounded_threads",
    ),
    "k8slint.workload.kept_up": ("INTERRUPT", "kept_up"),
    "k8slint.workload.lifetime": ("blocking", "clean_up", "interrupt_only", "sigterm_handling", "stays_up"),
    "k8slint.workload.listening": ("Listener", "listeners", "listening_calls"),
    "k8slint.workload.mounts": ("has_claim", "mounts", "read_only_root", "temporary_folder"),
    "k8slint.workload.node_workers": ("NodeWorkers", "node_worker_calls", "node_workers"),
    "k8slint.workload.pools": ("POOL_CALLS", "children_at_risk", "group_signal"),
    "k8slint.workload.probes": ("Probe", "probes"),
    "k8slint.workload.process": ("Entry", "Language", "OnSigterm", "Process", "Step", "StepKind"),
    "k8slint.workload.program": ("Program",),
    "k8slint.workload.reach": ("Caller", "callers", "has_proxy"),
    "k8slint.workload.readings": ("Reading", "reading_calls", "readings"),
    "k8slint.workload.routes": ("Handler", "handlers"),
    "k8slint.workload.scaling": ("Replicas",),
    "k8slint.workload.service_links": (
        "ENVIRONMENT_READS",
        "NumberRead",
        "ServiceLink",
        "has_service_links",
        "is_overridden",
        "number_reads",
        "service_link",
    ),
    "k8slint.workload.shared_memory": (
        "SharedMemoryUse",
        "shared_memory_calls",
        "shared_memory_size",
        "shared_memory_uses",
    ),
    "k8slint.workload.shares": ("Share", "shares"),
    "k8slint.workload.shutdown": ("Budget", "endless_responses", "pre_stop_seconds"),
    "k8slint.workload.start_cost": ("StartCost", "start_cost"),
    "k8slint.workload.staying": ("staying_python",),
    "k8slint.workload.handlers": ("flags_only", "hard_exits", "inert_handlers", "never_installed"),
    "k8slint.workload.long_sleeps": ("LongSleep", "long_sleeps", "sleep_calls"),
    "k8slint.workload.launchers": ("Launcher", "daemons", "deaf_launcher"),
    "k8slint.workload.taken_signals": ("taken_signals",),
    "k8slint.workload.crash_traces": ("native_code", "tells_of_crashes"),
    "k8slint.workload.hardening": ("hardening_gaps",),
    "k8slint.workload.idle_classes": ("is_method_of_unmade_class", "only_in_idle_classes"),
    "k8slint.workload.stop_signals": ("wrong_stop_signal",),
    "k8slint.workload.stops": ("stop_behind_shell",),
    "k8slint.workload.temporary_files": ("TemporaryFile", "temporary_calls", "temporary_files"),
    "k8slint.workload.traffic": ("balanced_by", "closes_listener", "has_draining_mesh", "is_replaced_in_turn"),
    "k8slint.workload.uv_run": ("AtStart", "UvRun", "uv_runs"),
    "k8slint.workload.build_tools": ("BuildTools", "COMPILE_CALLS", "build_tools", "compiles"),
    "k8slint.workload.downloads": ("DOWNLOAD_CALLS", "downloads"),
    "k8slint.workload.copied_environments": ("broken_environments",),
    "k8slint.workload.bytecode": ("recompiled",),
    "k8slint.workload.misplaced_fields": ("MisplacedField", "misplaced_fields"),
    "k8slint.workload.quantities": ("Doubt", "DoubtfulQuantity", "doubtful_quantities"),
    "k8slint.workload.route_table": ("Route", "RouteTable", "route_table"),
    "k8slint.workload.asked": ("asks_program",),
    "k8slint.workload.port_chain": ("AskedPort", "asked_ports", "listening_ports", "missing_backends"),
    "k8slint.workload.skeletons": ("readiness_field", "resource_fields"),
    "k8slint.workload.slow_start": ("SlowWork", "slow_work", "slow_work_calls"),
    "k8slint.workload.autoscaler_metrics": ("recycles_workers", "resource_metrics"),
    "k8slint.workload.migrations": ("Migration", "migration_calls"),
    "k8slint.workload.scraped_metrics": ("ScrapedMetrics", "main_process_server", "scrape_calls", "scraped_metrics"),
    "k8slint.workload.job_endings": ("hidden_failures",),
    "k8slint.workload.process_state": ("ProcessState", "process_state", "state_calls"),
    "k8slint.workload.sqlite_files": ("SQLITE_CALLS", "SqliteFile", "sqlite_files"),
    "k8slint.workload.connection_pools": (
        "ConnectionPool",
        "DatabaseLimit",
        "database_limit",
        "largest_pool",
        "pool_calls",
    ),
    "k8slint.workload.event_watchers": ("watches_events",),
    "k8slint.workload.django_apps": ("with_django_apps",),
    "k8slint.workload.copies": ("Copies", "copies", "lasting_programs"),
    "k8slint.workload.schedulers": ("Scheduler", "scheduler_calls", "schedulers"),
    "k8slint.workload.cgroup_files": ("old_cgroup_reads",),
    "k8slint.workload.affinity": ("affinity_calls", "affinity_reads"),
    "k8slint.workload.single_line": ("SingleLine", "single_line_calls", "single_lines"),
    "k8slint.workload.protocols": ("Spoken", "spoken"),
    "k8slint.workload.model_loads": ("ModelLoad", "model_load_calls", "model_loads"),
    "k8slint.workload.recycling": ("Recycling", "Replaced", "recycling", "tunes_allocator"),
    "k8slint.workload.one_core": ("one_core",),
    "k8slint.workload.gc_calls": ("Collection", "repeated_collections"),
    "k8slint.workload.idle_connections": ("Balancer", "IdleLimit", "balancers", "idle_calls", "idle_limit"),
    "k8slint.workload.forwarded": ("distrusts", "forwarding_calls", "tls_ingresses"),
    "k8slint.workload.required_variables": ("unset_variables",),
    "k8slint.workload.dropped_entrypoint": ("dropped_entrypoint",),
    "k8slint.workload.argv": ("argv_mistakes",),
    "k8slint.workload.entry_targets": ("missing_targets",),
    "k8slint.workload.compose_lost": ("lost_settings",),
    "k8slint.workload.unrunnable": ("unrunnable",),
    "k8slint.workload.hidden_files": ("hidden_files",),
    "k8slint.workload.dead_variables": ("dead_variables",),
    "k8slint.workload.development": (
        "DevelopmentServer",
        "development_calls",
        "development_server",
        "django_debug",
        "is_for_development",
    ),
    "k8slint.workload.log_files": ("LogFile", "log_calls", "log_files"),
    "k8slint.workload.unwritable": ("UnwritableFile", "unwritable_files"),
    "k8slint.workload.start_installs": ("INSTALL_CALLS", "start_installs"),
    "k8slint.workload.buffered_output": ("OUTPUT_CALLS", "BufferedOutput", "Unbuffered", "buffered_outputs"),
    "k8slint.workload.root_drops": ("ROOT_DROP_CALLS", "may_drop_root"),
    "k8slint.workload.node_holds": ("node_hold",),
    "k8slint.workload.user_numbers": ("user_number",),
    "k8slint.workload.unhandled_sigterm": (
        "CHILD_STARTS",
        "OnStop",
        "UnhandledSigterm",
        "deaf_servers",
        "unhandled_sigterms",
    ),
    "k8slint.workload.node_pools": ("NODE_POOL_CALLS", "NodePool", "node_pools"),
    "k8slint.workload.quota": ("stalled_ms",),
    "k8slint.workload.lost_tasks": ("drops_tasks_at_once", "longest_task", "may_run_for_ever"),
    "k8slint.workload.short_grace": ("ShortGrace", "short_grace"),
    "k8slint.workload.shutdown_repair": ("shutdown_repair",),
    "k8slint.workload.serving": ("serving",),
    "k8slint.workload.workload": ("Role", "Workload"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CHILD_CALLS",
    "CHILD_STARTS",
    "COMPILE_CALLS",
    "COUNTS",
    "DOWNLOAD_CALLS",
    "ENVIRONMENT_READS",
    "INSTALL_CALLS",
    "INTERRUPT",
    "NODE_POOL_CALLS",
    "OUTPUT_CALLS",
    "POOL_CALLS",
    "ROOT_DROP_CALLS",
    "SQLITE_CALLS",
    "AskedPort",
    "AtStart",
    "Balancer",
    "Budget",
    "BufferedOutput",
    "BuildTools",
    "Call",
    "Caller",
    "CeleryProcess",
    "Change",
    "Collection",
    "Concurrency",
    "Confidence",
    "ConnectionPool",
    "Container",
    "Copies",
    "CountFromEnvironment",
    "DatabaseLimit",
    "Dependency",
    "DevelopmentServer",
    "Dockerfile",
    "Doubt",
    "DoubtfulQuantity",
    "Entry",
    "ExecCommand",
    "ExecForm",
    "ExecInFront",
    "Expr",
    "Fact",
    "Field",
    "Finding",
    "Footprint",
    "Handler",
    "HiddenErrors",
    "HostCheck",
    "IdleLimit",
    "ImageInit",
    "ImageUser",
    "ImageVariable",
    "Install",
    "Instruction",
    "Item",
    "KubernetesObject",
    "Language",
    "Launcher",
    "Level",
    "Listener",
    "Location",
    "LogFile",
    "LongSleep",
    "Migration",
    "MisplacedField",
    "ModelLoad",
    "MutableImage",
    "Naming",
    "NativeThreads",
    "Needs",
    "NodeCount",
    "NodePool",
    "NodeWorkers",
    "NumberRead",
    "OnSigterm",
    "OnStop",
    "Options",
    "Orphan",
    "Place",
    "Probe",
    "Process",
    "ProcessState",
    "Program",
    "Project",
    "PythonFile",
    "Reading",
    "Recycling",
    "Related",
    "Repair",
    "Replaced",
    "Replicas",
    "Requirement",
    "Role",
    "Route",
    "RouteTable",
    "Rule",
    "Safety",
    "Scheduler",
    "ScrapedMetrics",
    "ServiceLink",
    "Setting",
    "Severity",
    "Share",
    "SharedMemoryUse",
    "ShellScript",
    "ShortGrace",
    "SingleLine",
    "SlowWork",
    "Spoken",
    "SqliteFile",
    "Stage",
    "StartCost",
    "State",
    "Step",
    "StepKind",
    "StopEvent",
    "TemporaryFile",
    "Unbuffered",
    "UnhandledSigterm",
    "UnwritableFile",
    "UvRun",
    "Words",
    "Workload",
    "__version__",
    "absent",
    "accelerator",
    "affinity_calls",
    "affinity_reads",
    "argv_mistakes",
    "asked_ports",
    "asks_program",
    "balanced_by",
    "balancers",
    "blocking",
    "broken_environments",
    "buffered_outputs",
    "build_tools",
    "callers",
    "celery_processes",
    "children_at_risk",
    "clean_up",
    "closes_listener",
    "compiles",
    "concurrency",
    "copies",
    "count_is_overridden",
    "count_repair",
    "counts_in_shell",
    "daemons",
    "database_limit",
    "dead_variables",
    "deaf_launcher",
    "deaf_servers",
    "declared_threads",
    "development_calls",
    "development_server",
    "distrusts",
    "django_debug",
    "doubtful_quantities",
    "downloads",
    "dropped_entrypoint",
    "drops_tasks_at_once",
    "endless_responses",
    "exec_commands",
    "fatal_dependencies",
    "flags_only",
    "footprint",
    "forwarding_calls",
    "group_signal",
    "handlers",
    "hard_exits",
    "hardening_gaps",
    "has_claim",
    "has_draining_mesh",
    "has_proxy",
    "has_service_links",
    "health_routes",
    "hidden_errors",
    "hidden_failures",
    "hidden_files",
    "host_checks",
    "idle_calls",
    "idle_limit",
    "inert_handlers",
    "init_repair",
    "interrupt_only",
    "is_for_development",
    "is_method_of_unmade_class",
    "is_overridden",
    "is_replaced_in_turn",
    "kept_up",
    "known",
    "largest_pool",
    "lasting_programs",
    "listeners",
    "listening_calls",
    "listening_ports",
    "log_calls",
    "log_files",
    "long_sleeps",
    "longest_task",
    "lost_settings",
    "main_process_server",
    "master_mib",
    "may_drop_root",
    "may_run_for_ever",
    "migration_calls",
    "misplaced_fields",
    "missing_backends",
    "missing_program",
    "missing_targets",
    "model_load_calls",
    "model_loads",
    "mounts",
    "native_code",
    "never_installed",
    "node_hold",
    "node_pools",
    "node_worker_calls",
    "node_workers",
    "number_reads",
    "old_cgroup_reads",
    "one_core",
    "only_in_idle_classes",
    "orphans",
    "pool_calls",
    "pre_stop_seconds",
    "probes",
    "process_state",
    "read_only_root",
    "readiness_field",
    "reading_calls",
    "readings",
    "reaps_orphans",
    "recompiled",
    "recycles_workers",
    "recycling",
    "repeated_collections",
    "resource_fields",
    "resource_metrics",
    "route_table",
    "scheduler_calls",
    "schedulers",
    "scrape_calls",
    "scraped_metrics",
    "service_link",
    "serving",
    "shared_memory_calls",
    "shared_memory_size",
    "shared_memory_uses",
    "shares",
    "short_grace",
    "shutdown_repair",
    "sigterm_handling",
    "single_line_calls",
    "single_lines",
    "sleep_calls",
    "slow_work",
    "slow_work_calls",
    "spoken",
    "sqlite_files",
    "stalled_ms",
    "start_cost",
    "start_installs",
    "state_calls",
    "staying_python",
    "stays_up",
    "stop_behind_shell",
    "taken_signals",
    "tells_of_crashes",
    "temporary_calls",
    "temporary_files",
    "temporary_folder",
    "tls_ingresses",
    "tunes_allocator",
    "unbounded_threads",
    "unhandled_sigterms",
    "unknown",
    "unrunnable",
    "unset_variables",
    "unwritable_files",
    "user_number",
    "uv_runs",
    "watches_events",
    "with_django_apps",
    "wrong_stop_signal",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'k8slint' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
