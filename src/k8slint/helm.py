"""Runs ``helm template`` on charts of the linted tree, for a user who asks for it."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import IO

from k8slint.location import Notice, NoticeLevel, whole_file
from k8slint.models.source import Source, decode
from k8slint.project import FileText, HelmRun, charts_for_helm

_SECONDS = 60
_MOST_OUTPUT = 32 * 1024 * 1024
_MOST_MEMORY = 8 * 1024**3
_MOST_FILES = 20_000
_MOST_VALUES = 2 * 1024 * 1024
_LONGEST_REASON = 500
# Nothing listens there: what asks for a web address fails at once.
_NOWHERE = "http://127.0.0.1:9"


class HelmError(Exception):
    """helm cannot be run at all; the message is for the user."""


def render(files: Mapping[str, FileText], root: str, values: Sequence[str]) -> tuple[HelmRun, tuple[Notice, ...]]:
    """Render the charts among ``files``, whose paths are below ``root``, with their values and over them ``values``.

    The notices say of which charts helm made nothing, and why. Raises ``HelmError`` where there is no helm to run.
    """
    binary = _binary(root)
    texts: dict[str, str] = {}
    notices: list[Notice] = []
    with tempfile.TemporaryDirectory(prefix="k8slint-helm-") as home:
        options = [word for path in values for word in ("--values", os.path.abspath(path))]
        if "--skip-schema-validation" in _run([binary, "template", "--help"], home)[0]:
            options.append("--skip-schema-validation")  # a schema may refer to files and web addresses
        for chart in charts_for_helm(files):
            folder = os.path.join(root, chart)
            reason = _refused(folder, root)
            if not reason:
                command = [binary, "template", "release-name", os.path.abspath(folder), "--skip-tests", *options]
                texts[chart], reason = _run(command, home)
            if reason:
                texts.pop(chart, None)
                place = whole_file("Chart.yaml" if chart == "." else f"{chart}/Chart.yaml")
                notices.append(Notice(place, f"helm template made nothing of this chart: {reason}", NoticeLevel.ERROR))
    given = tuple(_source(path, root) for path in values)
    return HelmRun(texts, given), tuple(notices)


def _source(path: str, root: str) -> Source:
    """A file of values as the project calls it, or by its full path where it lies elsewhere."""
    full = os.path.abspath(path)
    is_inside = full.startswith(os.path.join(root, ""))
    try:
        with open(full, "rb") as stream:
            data = stream.read(_MOST_VALUES)
    except OSError as error:
        raise HelmError(f"{path}: cannot be read: {error.strerror}") from error
    return decode(os.path.relpath(full, root).replace(os.sep, "/") if is_inside else full, data)


def _binary(root: str) -> str:
    found = shutil.which("helm")
    if found is None:
        raise HelmError("--helm runs the program helm, which is not on the PATH")
    real = os.path.realpath(found)
    if not os.path.isabs(found) or real.startswith(os.path.join(os.path.realpath(root), "")):
        raise HelmError(
            f"the helm that is found first on the PATH belongs to the linted files, and is not run: {found}"
        )
    return os.path.abspath(found)


def _refused(folder: str, root: str) -> str:
    """Why the chart in ``folder`` is not handed to helm, which follows links, or ''."""
    inside = os.path.join(os.path.realpath(root), "")
    count = 0
    try:
        for here, folders, files in os.walk(folder, onerror=_raise):
            for name in (*folders, *files):
                count += 1
                full = os.path.join(here, name)
                mode = os.lstat(full).st_mode
                shown = os.path.relpath(full, folder)
                if stat.S_ISLNK(mode) and not os.path.realpath(full).startswith(inside):
                    return f"it is not run, because the link {shown!r} leads out of the linted files"
                if not (stat.S_ISLNK(mode) or stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                    return f"it is not run, because {shown!r} is no file"
                if count > _MOST_FILES:
                    return f"it is not run, because the chart has more than {_MOST_FILES} files"
    except OSError as error:
        return f"the chart's folder cannot be read: {error.strerror}"
    return ""


def _raise(error: OSError) -> None:
    raise error


def _run(command: list[str], home: str) -> tuple[str, str]:
    """The standard output of ``command``, and why it cannot be used, or ''."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=home,
            env=_environment(home),
            start_new_session=True,
        )
    except OSError as error:
        return "", f"helm cannot be run: {error.strerror}"
    _limit_memory(process.pid)
    timer = threading.Timer(_SECONDS, _end, [process])
    timer.start()
    assert process.stdout is not None
    assert process.stderr is not None
    said: list[bytes] = []
    listener = threading.Thread(target=_last_of, args=(process.stderr, said), daemon=True)
    listener.start()
    data = process.stdout.read(_MOST_OUTPUT + 1)
    is_too_long = len(data) > _MOST_OUTPUT
    if is_too_long:
        _end(process)
    code = process.wait()
    is_late = not timer.is_alive()
    timer.cancel()
    listener.join()
    process.stdout.close()
    process.stderr.close()
    if is_too_long:
        return "", f"it writes more than {_MOST_OUTPUT // 1024**2} MiB"
    if is_late:
        return "", f"it takes more than {_SECONDS} seconds"
    if code != 0:
        return "", _reason(b"".join(said)) or f"it ends with exit code {code}"
    return data.decode("utf-8", "replace"), ""


def _environment(home: str) -> dict[str, str]:
    """All that helm sees: no settings, plugins, repositories or clusters of the user's, and no way to the network."""
    folders = {f"HELM_{name}_HOME": os.path.join(home, name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE)
    return {
        "PATH": os.defpath,
        "HOME": home,
        "TMPDIR": home,
        "LC_ALL": "C.UTF-8",
        "KUBECONFIG": os.path.join(home, "no-cluster"),
        "HELM_PLUGINS": os.path.join(home, "plugins"),
        "GOMEMLIMIT": "1GiB",
        **folders,
        **proxies,
    }


def _limit_memory(pid: int) -> None:
    if sys.platform == "linux":
        import resource

        try:
            resource.prlimit(pid, resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
        except (ProcessLookupError, PermissionError, ValueError):
            return  # it has ended, or its limit is lower


def _end(process: subprocess.Popen[bytes]) -> None:
    """End helm and whatever it has started."""
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it has ended by itself


def _last_of(stream: IO[bytes], said: list[bytes]) -> None:
    """Keep the end of what ``stream`` says."""
    kept = b""
    while chunk := stream.read(65536):
        kept = (kept + chunk)[-65536:]
    said.append(kept)


def _reason(said: bytes) -> str:
    """helm's own last line."""
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("Use --debug")] or lines
    return "".join(letter for letter in lines[-1] if letter.isprintable())[:_LONGEST_REASON] if lines else ""
