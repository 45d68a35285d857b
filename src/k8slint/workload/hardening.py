"""What a container's manifest leaves open that the restricted level of pod security closes, and the like."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.models.yaml import Node, YamlMapping, as_bool, has_expression, strings, text
from k8slint.workload.workload import Workload

# What talks to the API server, with the token that the pod is given.
_CLIENTS = (
    *("kubernetes", "kubernetes_asyncio", "kopf", "lightkube", "pykube", "kr8s", "openshift", "hvac", "airflow"),
    *("dagster", "prefect", "metaflow", "kfp", "ray", "dask_kubernetes", "jupyterhub", "hera"),
)


class Gap(Struct, frozen=True):
    """A setting that is not there: its name, what to write, and whether the restricted level asks for it."""

    name: str
    write: str
    is_restricted: bool


def hardening_gaps(workload: Workload) -> Iterator[Gap]:
    """The settings that a container's manifest certainly leaves out, and its pod's too where they may stand there.

    https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    """
    container, owner = workload.container, workload.owner
    if container is None or owner is None or owner.pod is None:
        return
    contexts = (container.get("securityContext"), owner.pod.spec.get("securityContext"))
    if any(node is not None and not _is_readable(node) for node in contexts):
        return
    own, pod = contexts
    if _bool(own, "allowPrivilegeEscalation") is not False:
        yield Gap("allowPrivilegeEscalation", "allowPrivilegeEscalation: false", True)
    if not _drops_all(own):
        yield Gap("capabilities.drop", "capabilities: {drop: [ALL]}", True)
    if _get(own, "seccompProfile") is None and _get(pod, "seccompProfile") is None:
        yield Gap("seccompProfile", "seccompProfile: {type: RuntimeDefault}", True)
    non_root = [_get(node, "runAsNonRoot") for node in contexts]
    if all(node is None for node in non_root):
        yield Gap("runAsNonRoot", "runAsNonRoot: true", True)
    if _bool(own, "readOnlyRootFilesystem") is not True and _get(own, "readOnlyRootFilesystem") is None:
        yield Gap("readOnlyRootFilesystem", "readOnlyRootFilesystem: true, with an emptyDir for what it writes", False)
    if owner.pod.spec.get("automountServiceAccountToken") is None and _needs_no_token(workload):
        yield Gap("automountServiceAccountToken", "automountServiceAccountToken: false in the pod", False)


def _is_readable(node: Node) -> bool:
    return isinstance(node, YamlMapping) and node.template() is None


def _get(node: Node | None, *path: str) -> Node | None:
    return node.get(*path) if isinstance(node, YamlMapping) else None


def _bool(node: Node | None, name: str) -> bool | None:
    """A setting as written, None where it is not; what is filled in later counts as what it should be."""
    found = _get(node, name)
    if found is None:
        return None
    value = as_bool(found)
    return (name != "allowPrivilegeEscalation") if value is None else value


def _drops_all(node: Node | None) -> bool:
    """Whether all capabilities are dropped, or may be."""
    dropped = _get(node, "capabilities", "drop")
    if dropped is None:
        return False
    names = strings(dropped)
    return names is None or any(name.upper() == "ALL" or has_expression(name) for name in names)


def _needs_no_token(workload: Workload) -> bool:
    """Whether the program is known to the last module, and none of them talks to the API server."""
    account = (
        text(_get(workload.owner.pod.spec, "serviceAccountName")) if workload.owner and workload.owner.pod else None
    )
    programs = [program for _, program in workload.programs()]
    if account is not None or not programs or not workload.processes.is_known:
        return False
    return all(program.complete and not any(map(program.imports, _CLIENTS)) for program in programs)
