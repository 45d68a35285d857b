"""Where a Job's container ends with exit code 0 although its program failed: in the shell around it, or in itself."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python_endings import endings
from k8slint.models.shell import AndOr, Pipeline, Sequence, ShellScript, SimpleCommand, Statement, walk
from k8slint.workload.process import Process, Step
from k8slint.workload.workload import Workload

_INLINE = "python -c"  # A line of Python in a manifest, whose output matters more than its end.
_TRIVIAL = ("echo", "printf", "date", "true", ":", "sleep", "touch")
_PASSES_ON = ("tee", "cat", "logger", "ts", "sed", "grep", "awk", "rotatelogs", "multilog")


class HiddenFailure(Struct, frozen=True):
    """``what`` hides it: "handler", "gather", "submit", "or-true", "pipe", "last-command"."""

    what: str
    location: Location


def hidden_failures(workload: Workload) -> Iterator[HiddenFailure]:
    """What certainly hides a failure of the one program that a container runs."""
    if not workload.processes.is_known or len(workload.processes.value) != 1:
        return
    process = workload.processes.value[0]
    if not process.entry.is_python or process.entry.name == _INLINE:
        return
    for step in process.steps:
        first = process.entry.words[0].text if process.entry.words else None
        hidden = _in_shell(step, first) if first else None
        if hidden is not None:
            yield hidden
            return
    yield from _in_program(workload, process)


def _in_program(workload: Workload, process: Process) -> Iterator[HiddenFailure]:
    program = workload.program(process)
    if process.entry.server or not program.is_known or not program.value.is_script:
        return
    for one in endings(program.value.entry.source):
        if one.what == "handler" or not one.scope or program.value.uses(one.scope):
            yield HiddenFailure(one.what, one.location)


def _in_shell(step: Step, first: str) -> HiddenFailure | None:
    """What the shell of a step does with the exit code of the program that it starts."""
    script = step.script
    if script is None or step.replaced or step.start is None:
        return None
    if script.functions or any(one.words and one.words[0].literal == "trap" for one in script.commands()):
        return None
    return _in_body(script, step, first)


def _in_body(script: ShellScript, step: Step, first: str) -> HiddenFailure | None:
    for index, statement in enumerate(script.body.statements):
        at = _started_in(statement, step, first)
        if at is None:
            continue
        after = script.body.statements[index + 1 :]
        if isinstance(statement, AndOr) and statement.operator == "||" and _started_in(statement.left, step, first):
            return HiddenFailure("or-true", at) if _is_trivial(statement.right) and _all_trivial(after) else None
        if isinstance(statement, Pipeline):
            return (
                HiddenFailure("pipe", at)
                if _loses_code(statement, step, first, script) and _all_trivial(after)
                else None
            )
        is_plain = isinstance(statement, SimpleCommand)
        hides = is_plain and bool(after) and _all_trivial(after) and not _stops_at_errors(script, step)
        return HiddenFailure("last-command", at) if hides else None
    return None


def _started_in(statement: Statement, step: Step, first: str) -> Location | None:
    return next((one.location for one in walk(statement) if _is_start(one, step, first)), None)


def _is_start(statement: Statement, step: Step, first: str) -> bool:
    """Whether a command starts the program whose first word this is; those of one line have the same place."""
    if not isinstance(statement, SimpleCommand) or statement.location != step.start:
        return False
    return first in [word.literal for word in statement.words]


def _loses_code(pipeline: Pipeline, step: Step, first: str, script: ShellScript) -> bool:
    last = pipeline.commands[-1]
    name = last.words[0].literal if isinstance(last, SimpleCommand) and last.words else None
    is_last = _started_in(last, step, first) is not None
    return not is_last and name in _PASSES_ON and not _has_option(script, step, "pipefail")


def _all_trivial(statements: tuple[Statement, ...]) -> bool:
    return all(map(_is_trivial, statements))


def _is_trivial(statement: Statement) -> bool:
    """Whether a statement succeeds whatever happened before, and does not look at it."""
    if isinstance(statement, Sequence):
        return _all_trivial(statement.statements)
    if not isinstance(statement, SimpleCommand) or not statement.words:
        return False
    texts = [word.text for word in statement.words]
    is_good_exit = texts[:2] == ["exit", "0"]
    return (is_good_exit or texts[0] in _TRIVIAL) and not any("$?" in one or "PIPESTATUS" in one for one in texts)


def _stops_at_errors(script: ShellScript, step: Step) -> bool:
    """Whether ``set -e`` holds, in any of its spellings."""
    flags = [*step.options, *script.shebang[1:]]
    for command in script.commands():
        if command.words and command.words[0].literal == "set":
            flags.extend(word.text for word in command.words[1:])
    return any(one == "errexit" or (one.startswith("-") and not one.startswith("--") and "e" in one) for one in flags)


def _has_option(script: ShellScript, step: Step, name: str) -> bool:
    return name in script.source.text or name in " ".join((*step.options, *script.shebang))
