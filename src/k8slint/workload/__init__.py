"""Workloads: containers as they will run, joined from manifest, image, process and program."""

from k8slint.workload.workload import Role, Workload

__all__ = ["Role", "Workload"]
