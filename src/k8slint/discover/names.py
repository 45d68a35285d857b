"""Which files and folders of a tree are worth reading, by name and first bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from enum import Enum

from k8slint.regex import regex
from k8slint.workload.artifacts import is_dockerfile
from k8slint.workload.builds_commands import mentions_build

LIMIT = 2 * 1024 * 1024
PYTHON_LIMIT = 1024 * 1024
SCRIPT_LIMIT = 256 * 1024
STARTS_LIMIT = 64 * 1024
DOCKERFILE_LIMIT = 512 * 1024
HEAD = 64 * 1024

_VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".jj"})
_TOOLS = frozenset(
    {
        ".tox",
        ".nox",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        ".cache",
        ".gradle",
        ".eggs",
        ".terraform",
        ".ipynb_checkpoints",
        "__pycache__",
        "__pypackages__",
    }
)
_VENDORED = frozenset({"node_modules", "bower_components", "site-packages", "vendor", "third_party"})
_TESTS = frozenset({"test", "tests", "testdata", "testing", "__tests__", "fixtures", "e2e"})

# Small files that joining artifacts may need, besides those chosen by extension.
_CONTEXT_NAMES = frozenset(
    {
        "pyproject.toml",
        "uv.lock",
        "poetry.lock",
        "pipfile.lock",
        "pdm.lock",
        "setup.cfg",
        "procfile",
        "makefile",
        "gunicorn.conf.py",
        ".dockerignore",
        "tiltfile",
        "docker-bake.hcl",
        "docker-bake.json",
        "docker-bake.override.hcl",
        "gnumakefile",
        "justfile",
        "kustomization",
    }
)
_CONTEXT_PATTERN = regex(
    r"supervisord[^/]*\.conf|uwsgi[^/]*\.ini|hypercorn[^/]*\.toml|requirements[^/]*\.txt|[^/]*\.tiltfile", re.IGNORECASE
)
# Named templates of a Helm chart; helm reads them whatever they are called.
_HELPERS = regex(r"[^/]*\.tpl", re.IGNORECASE)
# What may tell how an image is built, read where it does.
_TELLS_BUILDS = regex(r"[^/]*readme[^/]*\.md|[^/]*\.(mk|just)", re.IGNORECASE)

_ALWAYS = frozenset({".py", ".yaml", ".yml", ".sh", ".bash"})
# Extensions that name a format which is neither a script nor anything else k8slint reads: not even opened.
_FOREIGN = frozenset(
    """
    .adoc .ai .avro .avif .bat .bin .bmp .bz2 .c .cc .cfg .class .cmake .conf .cpp .crt .cs .css .csv .cue .dart .db
    .diff .dll .doc .docx .drawio .dylib .ejs .env .eot .ex .exs .feather .gif .go .gotmpl .gql .gradle .graphql .gz .h
    .hbs .hcl .hpp .htm .html .ico .icns .ini .ipynb .j2 .jar .java .jinja .jinja2 .jpeg .jpg .js .jsonl .jsx .key .kt
    .less .libsonnet .lock .log .lua .m .mako .map .markdown .md .mdx .mjs .mo .mod .mov .mp3 .mp4 .npy .npz .onnx .otf
    .parquet .patch .pb .pdf .pem .php .pickle .pkl .png .po .pot .pptx .proto .ps1 .psd .pt .pyc .pyd .pyi .pyx .r .rb
    .rego .rs .rst .safetensors .sass .scala .scss .snap .so .sql .sqlite .star .sum .svg .swift .tar .tex .tf .tfvars
    .tgz .thrift .tif .tiff .tmpl .toml .tpl .ts .tsv .tsx .ttf .txt .vue .wasm .wav .webm .webp .whl .woff .woff2 .xls
    .xlsx .xml .xsd .xz .zip .zst
    """.split()  # noqa: SIM905  # a list literal would take a line for each
)
# supervisord's and uWSGI's sections, and scripts of a package.json that start Python.
_STARTS = regex(
    rb"^\[(?:program:|supervisord|uwsgi|include)|apiVersion"
    rb"|\"scripts\"[^}]*\b(?:python|gunicorn|uvicorn|celery|flask|manage\.py|poetry|uv run)",
    re.MULTILINE,
)
_SHEBANG = regex(rb"#![^\n]*\b(?:sh|bash|ash|dash|zsh|python[0-9.]*)\b")
# Control characters, line separators, direction marks and the stand-ins for undecodable bytes.
_ODD = regex("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


# An item or a value that may be a path, after the key that a generator gives a file.
_NAMED = regex(rb"(?:^|[\s\[,'\"=])([\w.][\w./-]*\w)(?=['\"]?\s*(?:$|[\],}#]))", re.MULTILINE)
_MOST_NAMED = 1000


class Interest(Enum):
    """What decides whether a file is read: its name alone, or its first bytes as well."""

    NONE = "none"
    NAME = "name"
    MANIFEST = "a JSON file that holds apiVersion"
    SCRIPT = "a file whose first line starts a shell or Python"
    BUILDS = "a file that mentions how an image is built"
    STARTS = "a file of settings that says which programs are started"


def interest(name: str) -> Interest:
    """How interesting a file called ``name`` (without folders) is."""
    lower = name.lower()
    extension = os.path.splitext(lower)[1]
    is_context = lower in _CONTEXT_NAMES or _CONTEXT_PATTERN.fullmatch(name) or _HELPERS.fullmatch(name)
    if extension in _ALWAYS or is_context:
        return Interest.NAME
    if lower == "package.json" or extension in (".conf", ".ini"):
        return Interest.STARTS
    if extension == ".json":
        return Interest.MANIFEST
    if is_dockerfile(name):
        return Interest.NAME
    if _TELLS_BUILDS.fullmatch(name):
        return Interest.BUILDS
    is_foreign = lower.startswith(".") or lower.endswith(".dockerignore") or extension in _FOREIGN
    return Interest.NONE if is_foreign else Interest.SCRIPT


def is_kustomization(path: str) -> bool:
    """Whether kustomize would take the file for a kustomization."""
    return os.path.basename(path).lower() in ("kustomization.yaml", "kustomization.yml", "kustomization")


def named_files(kustomization: bytes) -> Iterator[str]:
    """What may be the paths of files in the text of a kustomization, at most ``_MOST_NAMED``."""
    found = dict.fromkeys(match[1].decode("ascii", "replace") for match in _NAMED.finditer(kustomization))
    yield from list(found)[:_MOST_NAMED]


def accepts(kind: Interest, head: bytes, size: int) -> bool:
    """Whether a file of that interest is to be read, given its first ``HEAD`` bytes and its size."""
    if kind is Interest.MANIFEST:
        return b"apiVersion" in head
    if kind is Interest.SCRIPT:
        return size <= SCRIPT_LIMIT and _SHEBANG.match(head[:256]) is not None
    if kind is Interest.STARTS:
        return size <= STARTS_LIMIT and _STARTS.search(head) is not None
    if kind is Interest.BUILDS:
        return size <= SCRIPT_LIMIT and mentions_build(head)
    return kind is Interest.NAME


def limit(name: str) -> int:
    """The largest size in bytes at which a file called ``name`` is read."""
    if name.lower().endswith(".py"):
        return PYTHON_LIMIT
    return DOCKERFILE_LIMIT if is_dockerfile(name) else LIMIT


def is_version_control(name: str) -> bool:
    return name in _VERSION_CONTROL


def folder_skipped(name: str) -> str | None:
    """Why a folder of that name is not entered, as a plural noun for the summary; None if it is."""
    if name in _TESTS:
        return "test folders"
    if name in _VENDORED or name.endswith((".dist-info", ".egg-info")):
        return "vendored folders"
    return "tool folders" if name in _TOOLS else None


def is_environment(names: frozenset[str]) -> bool:
    """Whether a folder with these entries is a virtual or conda environment, whatever it is called."""
    return "pyvenv.cfg" in names or "conda-meta" in names


def is_odd(name: str) -> bool:
    """Whether a name would garble a terminal or a report."""
    return _ODD.search(name) is not None


def printable(name: str) -> str:
    """``name`` with odd characters written as escapes."""
    return _ODD.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), name)
