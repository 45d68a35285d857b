"""Why the file that a container starts with cannot be executed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.yaml import YamlMapping, YamlSequence, as_int, is_null, text
from k8slint.regex import regex
from k8slint.workload.image_programs import missing_program
from k8slint.workload.launch import launch
from k8slint.workload.mounts import Mount, mounts
from k8slint.workload.workload import Workload

_SCRIPT = regex(r".*\.(sh|bash|py)$")
_SHEBANG = regex(rb"#!\s*(?P<program>\S+)(?:[ \t]+(?:-S[ \t]+)?(?P<word>\S+))?")
_MENDS_LINES = regex(r"dos2unix|\\r|fromdos|core\.autocrlf|\^M")
# Volumes whose files have the mode that the volume says, 0644 where it says none.
_WITH_MODE = ("configMap", "secret", "projected")


class Unrunnable(Struct, frozen=True):
    """``what`` is wrong with a file, what the runtime says then, and the ``fix``."""

    what: str
    says: str
    fix: str
    location: Location
    file: str = ""


def unrunnable(workload: Workload) -> Iterator[Unrunnable]:
    """The reasons, each certain, for which the start of a container fails."""
    mounted = _mounted_script(workload)
    if mounted is not None:
        yield mounted
        return
    started = workload.started_file
    if started is None or not workload.link.is_known or _is_covered(workload, started.target):
        return
    runs = [
        " ".join((run.value, *run.heredocs)) for stage in workload.link.value.dockerfile.stages for run in stage.runs
    ]
    name = posixpath.basename(started.target)
    shebang = _SHEBANG.match(started.first)
    first_line = started.first.split(b"\n", 1)[0]
    windows = first_line.endswith(b"\r") and "\r\n" not in workload.link.value.dockerfile.source.text
    if shebang is not None and windows and not any(_MENDS_LINES.search(run) for run in runs):
        what = f"{started.path} has the line ends of Windows, so its first line names a program with a carriage return"
        says = f"exec {started.target}: no such file or directory"
        yield Unrunnable(
            what,
            says,
            "save it with line ends of Unix, and keep them: *.sh text eol=lf in .gitattributes",
            started.location,
            started.path,
        )
        return
    if (
        shebang is None
        and started.is_direct
        and _SCRIPT.match(name)
        and not any("sed " in run or "#!" in run for run in runs)
    ):
        what = f"{started.path} does not begin with #!, and no shell starts it"
        yield Unrunnable(
            what,
            f"exec {started.target}: exec format error",
            "write #!/bin/sh into its first line",
            started.location,
            started.path,
        )
        return
    if shebang is not None and (program := _interpreter(shebang)) and missing_program(workload, program).is_known:
        base = missing_program(workload, program).value.name
        what = f"{started.path} is to be run by {program}, which {base} does not have, and nothing installs it"
        yield Unrunnable(
            what,
            f"exec {started.target}: no such file or directory",
            f"write it for sh, or install {posixpath.basename(program)}",
            started.location,
            started.path,
        )
        return
    if started.mode & 0o111 == 0 and started.modes_count and _SCRIPT.match(name) and not _sets_mode(workload, runs):
        what = f"{started.path} is not executable (mode {started.mode & 0o777:o}), and COPY keeps the mode"
        yield Unrunnable(
            what,
            f"exec {started.target}: permission denied",
            f"git update-index --chmod=+x {started.path}, or COPY --chmod=0755",
            started.location,
            started.path,
        )


def _interpreter(shebang: re.Match[bytes]) -> str:
    """The program of a first line; behind ``env`` the one that it looks for."""
    program, word = (part.decode(errors="replace") if part else "" for part in shebang.group("program", "word"))
    return word if posixpath.basename(program) == "env" else program


def _sets_mode(workload: Workload, runs: list[str]) -> bool:
    if any(re.search(r"\bchmod\b|\binstall\s+-|\bsetfacl\b|\.sh\b", run) for run in runs):
        return True
    stages = workload.link.value.dockerfile.stages
    return any(one.flag("chmod") is not None for stage in stages for one in stage.instructions)


def _is_covered(workload: Workload, path: str) -> bool:
    """Whether a volume stands, or may stand, in front of a file of the image."""
    found = mounts(workload)
    if not found.is_known:
        return workload.container is not None
    return any(path == one.path or path.startswith(one.path.rstrip("/") + "/") for one in found.value)


def _mounted_script(workload: Workload) -> Unrunnable | None:
    """A script of a ConfigMap that is executed by its name, while its mode is 0644."""
    started, found = launch(workload.stage, workload.base, workload.container), mounts(workload)
    if not started.is_known or not found.is_known or started.value.before:
        return None
    word = started.value.words[0]
    path = word.text or ""
    for mount in found.value:
        inside = path.removeprefix(mount.path).lstrip("/")
        is_inside = path == mount.path or path.startswith(mount.path.rstrip("/") + "/")
        if path.startswith("/") and is_inside and _has_no_execute_bit(mount, inside):
            what = f"{path} comes from a volume whose files have the mode 0644"
            fix = "set defaultMode: 0755 on the volume, or start it with sh"
            return Unrunnable(what, f"exec {path}: permission denied", fix, word.location)
    return None


def _has_no_execute_bit(mount: Mount, inside: str) -> bool:
    volume = mount.volume
    kind = next((name for name in _WITH_MODE if volume is not None and volume.get(name) is not None), None)
    source = volume.get(kind) if volume is not None and kind is not None else None
    if not isinstance(source, YamlMapping) or source.template() is not None:
        return False
    mode = source.get("defaultMode")
    number = 0o644 if is_null(mode) or mode is None else _mode(text(mode), as_int(mode))
    items = source.get("items") if kind != "projected" else source.get("sources")
    if kind == "projected" or (isinstance(items, YamlSequence) and any(_has_mode(one) for one in items.items)):
        return False
    return number is not None and number & 0o111 == 0 and (bool(inside) or mount.is_part)


def _mode(written: str | None, number: int | None) -> int | None:
    """YAML 1.1, which Kubernetes reads, takes 0755 for an octal number."""
    if written is not None and re.fullmatch(r"0[0-7]+", written):
        return int(written, 8)
    return number


def _has_mode(item: object) -> bool:
    return not isinstance(item, YamlMapping) or item.get("mode") is not None
