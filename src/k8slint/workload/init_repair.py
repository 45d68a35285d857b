"""An init in front of the command of an image that has none."""

from __future__ import annotations

from k8slint.repair import ImageInit, Repair, Safety
from k8slint.workload.workload import Workload

# Whose /bin/sh it is tells the family of the base image, and so its package tool.
_TOOLS = {"dash": "apt-get", "busybox": "apk"}


def init_repair(workload: Workload) -> Repair | None:
    """Start the CMD of a workload's image through tini; None where the image has an ENTRYPOINT, or may have one.

    None too where its packages cannot be installed as root by a known tool, or where a manifest's ``command`` would
    drop the ENTRYPOINT.
    """
    stage, tool = workload.stage, _TOOLS.get(workload.base.shell or "")
    if stage is None or tool is None or not workload.base.listed or workload.base.entrypoint or workload.base.init:
        return None
    if stage.entrypoint is not None or not stage.user.is_absent or workload.base.user != "root":
        return None
    if workload.container is not None and workload.container.get("command") is not None:
        return None
    return Repair("start it through tini", Safety.UNSAFE, (ImageInit(stage.from_.location, tool),))
