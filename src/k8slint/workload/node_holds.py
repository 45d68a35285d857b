"""What gives a container's root a hold on the node: privileged mode, a capability, a folder of the node."""

from __future__ import annotations

from k8slint.fact import Place
from k8slint.workload.workload import Workload

# What Docker and containerd give every container: adding one of these adds nothing.
_USUAL = (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID "
    "SYS_CHROOT"
)


def node_hold(workload: Workload) -> Place | None:
    """The worst of them, with the words for it; None where the manifest gives none."""
    privileged, capabilities = workload.is_privileged, workload.added_capabilities
    if privileged.is_known and privileged.value:
        return Place(privileged.places[0].location, "privileged: true")
    for name in capabilities.value if capabilities.is_known else ():
        if name.upper().removeprefix("CAP_") not in _USUAL.split():
            return Place(capabilities.places[0].location, f"the capability {name}")
    return next(iter(workload.host_paths), None)
