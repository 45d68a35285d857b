"""What gives a container's root a hold on the node: privileged mode, a capability, a folder of the node."""

from __future__ import annotations

from collections.abc import Iterator

from k8slint.fact import Place
from k8slint.models.manifest import Container
from k8slint.models.yaml import as_bool, mappings, strings, text
from k8slint.workload.workload import Workload

# What Docker and containerd give every container: adding one of these adds nothing.
_USUAL = (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID "
    "SYS_CHROOT"
)


def node_hold(workload: Workload) -> Place | None:
    """The worst of them, with the words for it; None where the manifest gives none."""
    container = workload.container
    if container is None:
        return None
    privileged = container.get("securityContext", "privileged")
    if privileged is not None and as_bool(privileged):
        return Place(privileged.location, "privileged: true")
    added = container.get("securityContext", "capabilities", "add")
    for name in strings(added) or ():
        if added is not None and name.upper().removeprefix("CAP_") not in _USUAL.split():
            return Place(added.location, f"the capability {name}")
    return next(_host_paths(workload, container), None)


def _host_paths(workload: Workload, container: Container) -> Iterator[Place]:
    """The folders of the node that the container mounts."""
    if workload.owner is None or workload.owner.pod is None:
        return
    mounted = {text(mount.get("name")) for mount in mappings(container.get("volumeMounts"))}
    for volume in mappings(workload.owner.pod.spec.get("volumes")):
        path = volume.get("hostPath")
        if path is not None and text(volume.get("name")) in mounted:
            yield Place(path.location, "a hostPath volume")
