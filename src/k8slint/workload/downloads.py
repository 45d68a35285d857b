"""Models and data that a program downloads while it starts, into a place that the next pod does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.regex import regex
from k8slint.workload.knowledge import download_rows
from k8slint.workload.mounts import mounts
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.workload import Workload

# The calls that the model needs to see.
DOWNLOAD_CALLS = (
    *(".from_pretrained", "huggingface_hub.hf_hub_download", "huggingface_hub.snapshot_download", "torch.hub.load"),
    *("sentence_transformers.SentenceTransformer", "sentence_transformers.CrossEncoder", "whisper.load_model"),
    *("faster_whisper.WhisperModel", "transformers.pipeline"),
)
_REPOSITORY = regex(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?")


class Download(Struct, frozen=True):
    """One such call: ``what`` is fetched from ``where``."""

    what: str
    where: str
    location: Location


def downloads(workload: Workload) -> Iterator[Download]:
    """Those that certainly run at the start, with nothing known that might have fetched it before."""
    if workload.container is None or _has_place(workload):
        return
    for process, program in workload.programs():
        if process is None or _is_offline(workload, process, program) or _is_baked(workload):
            continue
        for module, call in program.calls(*DOWNLOAD_CALLS):
            row = _row(call.name)
            at_start = call.scope == "" and not {"if", "for", "while"} & set(call.guards)
            if row is None or not at_start or not _imports(module, row["package"]):
                continue
            what = _wanted(module, call, row)
            if what:
                yield Download(what, row["where"], call.location)


def _row(name: str) -> dict[str, str] | None:
    rows: dict[str, dict[str, str]] = download_rows()["calls"]
    return rows.get(name) or next(
        (row for key, row in rows.items() if key.startswith(".") and name.endswith(key)), None
    )


def _imports(module: PythonFile, package: str) -> bool:
    return any(one.level == 0 and one.module.partition(".")[0] in package.split() for one in module.imports)


def _wanted(module: PythonFile, call: Call, row: dict[str, str]) -> str:
    """The name that the call gives to its source, "" where it may be a folder of the image or is not known."""
    if any(call.keyword(name) is not None for name in ("local_files_only", "cache_dir", "cache_folder", "**")):
        return ""
    if any(call.keyword(name) is not None for name in ("download_dir", "download_root", "local_dir")):
        return ""
    keyword = row.get("keyword", "")
    position = int(row.get("position", "0"))
    found = call.args[position] if position < len(call.args) else call.keyword(keyword)
    resolved = module.resolve(found, call.scope) if found is not None else None
    if resolved is None or resolved.kind != "const" or not isinstance(resolved.value, str):
        return ""
    name = resolved.value
    needs_owner = row.get("owner") == "yes"
    is_name = _REPOSITORY.fullmatch(name) is not None and (not needs_owner or "/" in name)
    return name if is_name and not name.startswith(("models/", "model/", "data/", "./")) else ""


def _is_offline(workload: Workload, process: Process, program: Program) -> bool:
    names = download_rows()["variables"]
    if any(not workload.environment.get(name, process).is_absent for name in names):
        return True
    texts = [module.source.text for module in program.modules]
    return any(name in text for name in names for text in texts)


def _is_baked(workload: Workload) -> bool:
    """Whether the image's build may have fetched it: it runs Python, a script or a download, or copies a cache."""
    stage = workload.stage
    if stage is None or workload.base.opens_environment:
        return True
    words = re.compile(
        r"\bpython[\d.]*\s+(?!-m\s+(?:pip|venv|compileall)\b)|\.sh\b|\bcurl\b|\bwget\b|\bhf\b|huggingface|from_pretrained"
        r"|download|nltk|spacy|\bgit\b|\bmake\b|cache/(?:hugg|torch|whisper)"
    )
    if any(words.search(" ".join((run.value, *run.heredocs))) for run in stage.runs):
        return True
    return any(copy.from_stage is not None and not copy.destination.startswith("/bin") for copy in stage.copies)


def _has_place(workload: Workload) -> bool:
    """Whether a volume may hold it already: any but an emptyDir, a ConfigMap or a Secret counts."""
    found = mounts(workload)
    return not found.is_known or any(not one.path.startswith(("/tmp", "/dev/shm", "/var/run")) for one in found.value)
