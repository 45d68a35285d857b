"""Mutations of the corpus, with the words that each format is made of."""

from __future__ import annotations

import random
from collections.abc import Sequence

LONGEST = 4096
_YAML = [
    "\n",
    "  ",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "<<: *a",
    "|",
    ">-",
    '"',
    "'",
    "---\n",
    "...",
    "!!str ",
]
_YAML += ["{{ .Values.x }}", "{%", "%TAG ! x\n", "? ", "\t", "#", "null", "~", "1e99", "0o7", "apiVersion: v1\n"]
_SHELL = [
    "$(",
    "`",
    "<<A\n",
    "\nA\n",
    "${",
    "}",
    "$((",
    "))",
    "if ",
    "; then ",
    "fi",
    "case x in ",
    "esac",
    ";;",
    "\\\n",
]
_SHELL += [
    "|",
    "&&",
    ";",
    "&",
    "exec ",
    '"$@"',
    "f() {",
    "while ",
    "do ",
    "done",
    "set -- ",
    ". ./a.sh",
    "'",
    '"',
    "python app.py",
]
_PYTHON = [
    "(",
    ")",
    "[",
    "]",
    ":\n    ",
    "lambda ",
    "f'{",
    "}'",
    "import ",
    "from . import ",
    "def f():\n",
    "class A:\n",
]
_PYTHON += [
    "async ",
    "await ",
    "try:\n",
    "except ",
    "if __name__",
    " = ",
    "os.environ[",
    "\\\n",
    '"""',
    "match x:\n",
    "*",
    "**",
    ":=",
]
_DOCKER = [
    "FROM ",
    "\nRUN ",
    "\nCMD ",
    "\nENTRYPOINT ",
    "[",
    "]",
    '"',
    "\\\n",
    "<<E",
    "\nE\n",
    " AS ",
    "ARG A=",
    "${A:-",
    "}",
    "# escape=`\n",
]
_DOCKER += [
    "COPY --from=",
    "ENV A=",
    "USER ",
    "WORKDIR ",
    "--mount=",
    "ONBUILD ",
    "SHELL ",
    "HEALTHCHECK ",
    "`\n",
    "\r\n",
]
_SUPPRESS = ["# k8slint: ignore[", "]", "a-rule", ",", "# k8slint:", "k8slint.dev/ignore: ", "\n"]
_TOML = [
    "[tool.k8slint]\n",
    "select = ",
    "[",
    "]",
    "exclude = ",
    '"',
    "'",
    "pedantic = true",
    "{",
    "=",
    ".",
    "\n",
    "k8slint",
]
WORDS: dict[str, list[str]] = {
    "bake": [
        "target ",
        "group ",
        '"a"',
        " {",
        "}",
        "[",
        "]",
        " = ",
        "<<E\n",
        "${",
        "inherits",
        "dockerfile",
        "tags",
        "//",
        "/*",
        "*/",
    ],
    "compose": [*_YAML, "services:\n", "build: ", "image: ", "extends: ", "command: "],
    "config": _TOML,
    "dockerfile": [*_DOCKER, *_SHELL],
    "gitignore": ["*", "**", "/", "!", "[", "]", "?", "\\", "a", "-", "^", "\n", " ", "#"],
    "kustomization": [*_YAML, "kind: Kustomization\n", "images:\n", "newName: ", "resources:\n", "patches:\n"],
    "makefile": [
        ":\n\t",
        "$(",
        ")",
        "${",
        "}",
        ":=",
        "?=",
        "+=",
        "define ",
        "endef",
        "\\\n",
        "ifeq (",
        "endif",
        "$(shell ",
        "docker build ",
    ],
    "manifest": [*_YAML, "kind: Pod\n", "spec:\n", "containers:\n", "items:\n", "kind: List\n", "command: ", "env:\n"],
    "project": [
        *_YAML,
        *_SHELL,
        *_PYTHON,
        *_DOCKER,
        *_SUPPRESS,
        "\n=== Dockerfile\n",
        "\n=== app.py\n",
        "\n=== pod.yaml\n",
        "\n=== run.sh\n",
    ],
    "prose": ["```", "~~~", "`", "\n    ", "$ ", "docker build ", "#", "\n", "> "],
    "python": _PYTHON,
    "shell": _SHELL,
    "skaffold": [*_YAML, "apiVersion: skaffold/v2\n", "build:\n", "artifacts:\n", "docker: ", "profiles:\n"],
    "suppressions": [*_SUPPRESS, *_YAML, *_SHELL],
    "tiltfile": ["docker_build(", ")", "'", '"', ",", "[", "]", "custom_build(", "dockerfile=", "load(", *_PYTHON],
    "yaml": _YAML,
}
_ODD = [
    b"\0",
    b"\xff",
    b"\xc3\xa9",
    b"\xf0\x9f\x98\x80",
    b"\r\n",
    b"\r",
    b"\x0c",
    b"\xe2\x80\xa8",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
]
_ODD += [b"\xed\xa0\x80", b"\x85", b"\xc2\x85", b"\x1b[31m", b"\t", b"99999999999999999999", b"-1"]


def mutated(target: str, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """One of ``seeds``, changed in one to eight places."""
    data = bytearray(chance.choice(seeds))
    words = WORDS[target]
    for _ in range(chance.choice((1, 1, 2, 3, 4, 8))):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(8)
        if kind <= 2:
            data[at:at] = chance.choice(words).encode()
        elif kind == 3:
            data[at:at] = chance.choice(_ODD)
        elif kind == 4:
            del data[at : at + chance.choice((1, 2, 8, 40))]
        elif kind == 5:
            data[at:at] = data[at : at + chance.choice((4, 20, 100))] * chance.choice((1, 2, 20))
        elif kind == 6:
            other = chance.choice(seeds)
            start = chance.randrange(len(other) + 1)
            data[at:at] = other[start : start + chance.choice((5, 30, 200))]
        else:
            data[at:at] = chance.choice(words).encode() * chance.choice((2, 30, 300))
    return bytes(data[:LONGEST])
