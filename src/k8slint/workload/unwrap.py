"""From a command line to the program that does the work, through shells, scripts, inits and wrappers."""

from __future__ import annotations

import re

from msgspec.structs import replace

from k8slint.fact import Fact, known, unknown
from k8slint.location import whole_file
from k8slint.models.shell import ShellScript, parse_shell_text
from k8slint.workload.entries import entry_of, unknown_entry
from k8slint.workload.generated_files import written_script
from k8slint.workload.image_files import absolute
from k8slint.workload.launch import Launch
from k8slint.workload.managed import managed
from k8slint.workload.process import CLEARED, Language, OnSigterm, Process, Step, StepKind, Word
from k8slint.workload.shell_flow import Flow
from k8slint.workload.shell_state import End
from k8slint.workload.shell_words import Variables
from k8slint.workload.surroundings import Here, Surroundings, file_of
from k8slint.workload.wrappers import peel, program_name

_SHELLS = {"sh": None, "bash": "bash", "dash": "dash", "ash": "busybox", "zsh": "bash", "busybox": "busybox"}
_DEEPEST = 8
_MOST = 32


def processes(launch: Launch, variables: Variables, cwd: str, around: Surroundings) -> Fact[tuple[Process, ...]]:
    """All ways the container's process may go from its command line; unknown where they cannot be told."""
    chains = _follow(launch.words, launch.before, Here(variables, cwd), around, 0)
    if chains is None:
        return unknown("the entry script takes too many paths to follow")
    if not chains:
        return unknown("nothing is started")
    return known(tuple(dict.fromkeys(chains)))


def _follow(
    words: tuple[Word, ...], steps: tuple[Step, ...], here: Here, around: Surroundings, depth: int
) -> list[Process] | None:
    if depth > _DEEPEST:
        return None
    while True:
        peeled = peel(words)
        if peeled is None:
            break
        steps = (*steps, peeled.step)
        here = _with_exports(_cleared(here) if peeled.clears else here, peeled.assignments)
        if peeled.directory is not None:
            here = replace(here, cwd=absolute(peeled.directory, here.cwd))
        if peeled.opaque:
            managers, step = steps[:-1], steps[-1]
            return _managed(words, managers, step, here, around, depth) or [Process(steps, unknown_entry(words, here))]
        if peeled.shell_text is not None:
            shell = Word("sh", words[0].location, "sh")
            flag = Word("-c", words[0].location, "-c")
            return _follow((shell, flag, peeled.shell_text), steps, here, around, depth + 1)
        words = peeled.words
    if not words:
        return [Process(steps, unknown_entry(words, here))]
    name = program_name(words[0])
    if name in _SHELLS:
        return _shell(words, steps, here, around, depth)
    script = _script_of(words[0], here, around, is_called=True)
    if script is not None:
        return _script(script, words, steps, here, around, depth)
    if name == "supervisord":
        # Like an init it waits for orphans, and ends with the shells that it started (measured).
        step = Step(StepKind.INIT, name, words[0].location, False, OnSigterm.FORWARDS)
        return _managed(words, steps, step, here, around, depth) or [Process(steps, entry_of(words, here, around))]
    return [Process(steps, entry_of(words, here, around))]


def _managed(
    words: tuple[Word, ...], steps: tuple[Step, ...], step: Step, here: Here, around: Surroundings, depth: int
) -> list[Process]:
    """The programs that a manager starts side by side; none where that cannot be told."""
    found: list[Process] = []
    for one in managed(step, words, here, around) or ():
        inner = _with_exports(replace(here, cwd=one.cwd), one.exports)
        chains = _follow(one.words, (*steps, one.step), inner, around, depth + 1)
        if chains is None:
            return []
        found.extend(_signalled(chain, len(steps) + 1, one.shells) for chain in chains)
    return found if len(found) <= _MOST else []


def _signalled(process: Process, start: int, shells: OnSigterm | None) -> Process:
    """``process`` with what the signal does to the shells that stay from ``start`` on."""
    if shells is None:
        return process
    steps = tuple(
        replace(step, on_sigterm=shells) if at >= start and step.kind is StepKind.SHELL and not step.replaced else step
        for at, step in enumerate(process.steps)
    )
    return replace(process, steps=steps)


def _with_exports(here: Here, exports: tuple[tuple[str, str | None], ...]) -> Here:
    variables = here.variables
    for name, value in exports:
        variables = variables.having(name, value) if name else replace(variables, closed=False)
    return replace(here, variables=variables, exports=(*here.exports, *exports))


def _cleared(here: Here) -> Here:
    """After ``env -i``: nothing of what was set is left."""
    return Here(Variables({}, True, here.variables.parameters), here.cwd, (*here.exports, (CLEARED, None)))


def _shell(
    words: tuple[Word, ...], steps: tuple[Step, ...], here: Here, around: Surroundings, depth: int
) -> list[Process] | None:
    name = program_name(words[0])
    index = 1
    while index < len(words):
        text = words[index].text
        if text is None or not text.startswith(("-", "+")):
            break
        if text in ("-O", "--rcfile", "--init-file"):
            index += 2
            continue
        if not text.startswith("--") and text.startswith("-") and "c" in text[1:]:
            if "o" in text[1:]:
                index += 1  # -euo pipefail -c is written apart; -ceuo takes its option's name next.
            rest = words[index + 1 :]
            flags = tuple(word.text or word.written for word in words[1 : index + 1])
            return _shell_text(name, rest, steps, here, around, depth, flags) if rest else None
        index += 2 if not text.startswith("--") and text.endswith("o") else 1  # -o and -euo take a name.
    rest = words[index:]
    if not rest:
        entry = replace(unknown_entry(words, here), name=name, language=Language.OTHER)
        return [Process(steps, entry)]
    script = _script_of(rest[0], here, around, is_called=False)
    if script is None:
        step = Step(StepKind.SCRIPT, rest[0].text or rest[0].written, words[0].location, False, OnSigterm.UNKNOWN)
        return [Process((*steps, step), unknown_entry(rest, here))]
    return _script(script, rest, steps, here, around, depth)


def _shell_text(
    name: str,
    rest: tuple[Word, ...],
    steps: tuple[Step, ...],
    here: Here,
    around: Surroundings,
    depth: int,
    flags: tuple[str, ...] = (),
) -> list[Process] | None:
    text = rest[0]
    source = text.text if text.text is not None else text.written
    script = parse_shell_text(source, text.location, around.lines.get(text.location, ()))
    # The words after the text are $0, $1 and on.
    variables = replace(here.variables, parameters=rest[2:])
    flow = Flow(dict(script.functions), lambda path, cwd: _sourced(path, cwd, around))
    ends = flow.ends(script.body, variables, here.cwd)
    if ends is None:
        return None
    kind = _SHELLS[name] or around.shell
    chains: list[Process] = []
    for end in ends:
        replaced, on_sigterm = _text_step(kind, end)
        step = Step(
            StepKind.SHELL,
            name,
            text.location,
            replaced,
            on_sigterm,
            how=end.how,
            start=end.location,
            options=flags,
            commands=end.ran,
            sure_commands=end.surely,
            script=script,
        )
        further = _after(end, (*steps, step), here, around, depth)
        if further is None:
            return None
        chains.extend(further)
    return chains if len(chains) <= _MOST else None


def _text_step(kind: str | None, end: End) -> tuple[bool, OnSigterm]:
    """Whether a shell with ``-c`` is replaced by the command it ends in, and what it does with SIGTERM if not.

    Measured: dash as Debian builds it never replaces itself; bash and BusyBox do for a plain last command, BusyBox
    also for one with redirections and for one in an ``if``.
    """
    if end.how == "exec":
        return True, OnSigterm.DROPS
    if end.how == "background" and end.forwards:
        return False, OnSigterm.FORWARDS
    if end.how != "foreground" or not end.position or kind == "dash":
        return False, OnSigterm.DROPS
    if kind is None:
        return False, OnSigterm.UNKNOWN
    if kind == "bash" and end.position != "last":
        return False, OnSigterm.DROPS
    return True, OnSigterm.DROPS


def _script_of(word: Word, here: Here, around: Surroundings, is_called: bool) -> ShellScript | None:
    """The shell script that a word names: a file of the repository, or one that the Dockerfile writes itself.

    ``is_called``: by its name, not as the argument of a shell; then its first line must say that it is one.
    """
    file = file_of(word, here.cwd, around)
    if file is not None:
        first = around.artifacts.files[file].data[:128].split(b"\n", 1)[0]
        is_shell = file.endswith((".sh", ".bash")) or re.search(rb"^#!.*\b(ba|da|a|z)?sh\b", first) is not None
        return around.artifacts.script(file) if is_shell or not is_called else None
    if around.image is None or not word.text:
        return None
    return written_script(around.image.stage, absolute(word.text, here.cwd))


def _script(
    script: ShellScript, words: tuple[Word, ...], steps: tuple[Step, ...], here: Here, around: Surroundings, depth: int
) -> list[Process] | None:
    variables = replace(here.variables, parameters=words[1:])
    if words[0].text and "/" in words[0].text:
        variables = variables.having("0", absolute(words[0].text, here.cwd))
    flow = Flow(dict(script.functions), lambda path, cwd: _sourced(path, cwd, around))
    ends = flow.ends(script.body, variables, here.cwd)
    if ends is None:
        return None
    chains: list[Process] = []
    for end in ends:
        forwards = end.how == "background" and end.forwards
        step = Step(
            StepKind.SCRIPT,
            script.path,
            words[0].location,
            end.how == "exec",
            OnSigterm.FORWARDS if forwards else OnSigterm.DROPS,
            how=end.how,
            start=end.location,
            commands=end.ran,
            sure_commands=end.surely,
            script=script,
        )
        further = _after(end, (*steps, step), here, around, depth)
        if further is None:
            return None
        chains.extend(further)
    return chains if len(chains) <= _MOST else None


def _after(end: End, steps: tuple[Step, ...], here: Here, around: Surroundings, depth: int) -> list[Process] | None:
    inner = _with_exports(replace(here, cwd=end.cwd), end.exports)
    if not end.words:
        entry = replace(unknown_entry((), inner), location=end.location, finite=None)
        return [Process(steps, entry)]
    return _follow(end.words, steps, inner, around, depth + 1)


def _sourced(path: str, cwd: str, around: Surroundings) -> ShellScript | None:
    here = Here(Variables({}, False, None), cwd)
    return _script_of(Word(path, whole_file(path), path), here, around, is_called=False)
