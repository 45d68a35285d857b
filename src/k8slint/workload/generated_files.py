"""Shell scripts that a Dockerfile writes itself: with echo or a here-document in RUN, or with COPY <<EOF."""

from __future__ import annotations

import re

from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.dockerfile import Instruction, Stage
from k8slint.models.shell import ShellScript, parse_shell_text
from k8slint.regex import regex

_ECHO = regex(
    r"""\b(?:echo|printf)\s+(?:-[neE]+\s+)?(?P<quote>["'])(?P<text>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)\s*"""
    r"""(?P<operator>>>?)\s*["']?(?P<path>[^\s"';&|]+)""",
    re.DOTALL,
)
_HEREDOC = regex(
    r"""\bcat\s*(?P<operator>>>?)\s*["']?(?P<path>[^\s"';&|<]+)["']?\s*<<-?\s*["']?(?P<end>\w+)["']?[^\n]*\n"""
    r"""(?P<text>.*?)^\s*(?P=end)\s*$""",
    re.DOTALL | re.MULTILINE,
)


def written_script(stage: Stage, path: str) -> ShellScript | None:
    """The script that stands at ``path`` (absolute) in the image because an instruction writes it, None for no such.

    Its locations are those of the instruction, or of the ``echo`` that writes the line.
    """
    lines: list[tuple[str, Location]] = []
    for copy in stage.copies:
        if copy.content and copy.destination == path:
            lines = [(line, copy.location) for line in copy.content[0].split("\n")]
    for run in stage.runs:
        for operator, written in _written(run, path):
            lines = [*lines, *written] if operator == ">>" else written
    if not lines or not re.match(r"#!.*\b(ba|da|a|z)?sh\b", lines[0][0]):
        return None
    text = "\n".join(line for line, _ in lines)
    script = parse_shell_text(text, lines[0][1], tuple(location for _, location in lines))
    return replace(script, path=path)


def _written(run: Instruction, path: str) -> list[tuple[str, list[tuple[str, Location]]]]:
    """What one RUN writes to ``path``, in order: the operator, and the lines with their places."""
    found = []
    for match in _ECHO.finditer(run.value):
        if match.group("path") == path:
            place = run.part(match.start(), match.end())
            text = _unquoted(match.group("text"), match.group("quote"))
            found.append((match.group("operator"), [(line, place) for line in text.split("\n")]))
    for body in (run.value, *run.heredocs):
        for match in _HEREDOC.finditer(body):
            if match.group("path") == path:
                lines = match.group("text").rstrip("\n").split("\n")
                found.append((match.group("operator"), [(line, run.location) for line in lines]))
    return found


def _unquoted(text: str, quote: str) -> str:
    plain = re.sub(r'\\(["$`\\])', r"\1", text) if quote == '"' else text
    return plain.replace("\\n", "\n").rstrip("\n")
