"""The workload of a program in a project that has neither images nor manifests."""

from __future__ import annotations

from k8slint.fact import Fact, absent, known, unknown
from k8slint.workload.beside import Beside
from k8slint.workload.environment import environment
from k8slint.workload.knowledge import BaseImage
from k8slint.workload.program import Program
from k8slint.workload.workload import Role, Workload


def program_alone(path: str, program: Fact[Program], beside: Beside) -> Workload:
    """The program at ``path``, which is all that is known of the container."""
    return Workload(
        role=Role.PROGRAM,
        owner=None,
        container=None,
        link=absent(),
        base=BaseImage(),
        shell=None,
        environment=environment(None, None, None, "there is no image", beside, lambda _: False),
        user=unknown("there is no image"),
        processes=unknown("there is no image"),
        launch_places=(),
        programs_by_module=((path, program),),
        python=known(True),
        ours=known(True),
        served_by=unknown("there is no manifest"),
        resources_set_elsewhere=False,
    )
