"""What PID 1 of a container executes, step by step, until the program that does the work."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from k8slint.fact import Fact
from k8slint.location import Location
from k8slint.models.shell import ShellScript
from k8slint.regex import regex

# A word that starts with what is filled in: $ARGS, "$@", `cat args`, {{ .Values.args }}.
_OPEN = regex(r"[\"']?(?:\$|`|\{\{)")

CLEARED = "*"
"""Among the variables that a step exports: from here on only those that follow are set."""


class StepKind(Enum):
    SHELL = "shell"
    """``sh -c`` with a text, or the shell form of an instruction."""
    SCRIPT = "script"
    """A shell script of the repository."""
    INIT = "init"
    WRAPPER = "wrapper"
    PROGRAM = "program"
    """The last step: the program that does the work."""


class OnSigterm(Enum):
    """What a process that stays in front of another does with SIGTERM."""

    FORWARDS = "forwards"
    DROPS = "drops"
    UNKNOWN = "unknown"


class Word(Struct, frozen=True):
    """One word of a command line: ``text`` is None where it cannot be told before the container runs."""

    text: str | None
    location: Location
    written: str
    substitutions: tuple[str, ...] = ()


class Step(Struct, frozen=True):
    """One program of the chain. ``replaced`` says that the next step takes its place, and its PID."""

    kind: StepKind
    name: str
    location: Location
    replaced: bool
    on_sigterm: OnSigterm = OnSigterm.UNKNOWN
    group_signal: bool = False
    how: str = ""
    """For a shell or script that stays: how it starts the next step ("foreground", "pipeline", "background")."""
    start: Location | None = None
    """Where the next step stands in a shell, in a script, or in the file of a starter of several programs."""
    stop_seconds: float | None = None
    """For supervisord: how long it waits for a program after SIGTERM until it kills it."""
    user: str | None = None
    """The user that a wrapper switches to."""
    rewrites_to_interrupt: bool = False
    """For dumb-init: it turns SIGTERM into SIGINT."""
    options: tuple[str, ...] = ()
    """For a wrapper: its own words, as written; for a shell those before its text."""
    commands: tuple[tuple[tuple[str, ...], Location], ...] = ()
    """For a shell or script: every simple command in it, as written, with its place."""
    sure_commands: tuple[tuple[tuple[str, ...], Location], ...] = ()
    """Those of them that run for certain before the next step starts, or until it ends."""
    script: ShellScript | None = None
    """For a shell or script: what it reads."""


class Language(Enum):
    PYTHON = "python"
    OTHER = "other"
    UNKNOWN = "unknown"


class Entry(Struct, frozen=True):
    """The program at the end of the chain.

    ``name`` is what to call it in a message ("gunicorn", "consumer.py"). ``module`` is the repository's file that is
    started or served, known only where it was found. ``sigterm`` is True where the program itself is known to end
    cleanly on SIGTERM, False where it is known to ignore it as PID 1, None where the project's own code decides.
    ``finite`` is True for a program that ends by itself. ``server`` is the row's name in the table of servers, "" for
    a plain Python program. ``words`` are program and arguments.
    """

    name: str
    language: Language
    words: tuple[Word, ...]
    location: Location
    module: Fact[str]
    server: str = ""
    sigterm: bool | None = None
    serves: bool = False
    finite: bool | None = None
    cwd: str = "/"
    unbuffered_flag: bool = False
    extras: tuple[str, ...] = ()
    """The values of the interpreter's ``-X`` options."""
    ignores_environment: bool = False
    exports: tuple[tuple[str, str | None], ...] = ()
    """Variables that shells on the way set: name and value, None where the value is not known.

    The name "" stands for any variable: a script reads settings from a file that is not in the repository.
    """

    @property
    def is_python(self) -> bool:
        return self.language is Language.PYTHON

    @property
    def last_word(self) -> Word | None:
        """The word that the command ends with; None where behind it an option might not be one of the program."""
        if not self.words or self.may_have_more_options() or any(word.text == "--" for word in self.words):
            return None
        return self.words[-1]

    def option(self, *names: str) -> Word | None:
        """The value word of the first option among ``names``: ``-w 4``, ``--workers 4``, ``--workers=4``, ``-w4``."""
        return next(self.options(*names), None)

    def options(self, *names: str) -> Iterator[Word]:
        """The value words of every occurrence of an option, in the order given."""
        for index, word in enumerate(self.words):
            text = word.text if word.text is not None else word.written
            for name in names:
                if text == name and index + 1 < len(self.words):
                    yield self.words[index + 1]
                elif text.startswith(name + "=") and name.startswith("--"):
                    yield Word(_after(word.text, name), word.location, text[len(name) + 1 :], word.substitutions)
                elif len(name) == 2 and text.startswith(name) and not text.startswith("--") and len(text) > 2:
                    yield Word(_after(word.text, name), word.location, text[2:], word.substitutions)

    def may_have_more_options(self, start: int = 0) -> bool:
        """Whether a word from ``start`` on that cannot be told may be an option: it starts like none, follows none."""
        before = ""
        for index, word in enumerate(self.words):
            is_value = before.startswith("-") and "=" not in before
            if index >= start and word.text is None and not is_value and _OPEN.match(word.written):
                return True
            before = word.text if word.text is not None else word.written
        return False


def _after(text: str | None, name: str) -> str | None:
    return None if text is None else text[len(name) :].removeprefix("=")


class Process(Struct, frozen=True):
    """One way the container's process may go, or one of several programs that it runs.

    The steps are those from PID 1 on, ``entry`` is the program at the end.
    """

    steps: tuple[Step, ...]
    entry: Entry

    @property
    def pid1(self) -> Step | None:
        """The step that stays PID 1; None when every step is replaced and the entry itself is PID 1."""
        return next((step for step in self.steps if not step.replaced), None)

    @property
    def entry_is_pid1(self) -> bool:
        return self.pid1 is None

    @property
    def runs_beside_others(self) -> bool:
        """Whether it is one of the programs that supervisord or honcho keep running, not one way out of several."""
        return any(step.kind in (StepKind.INIT, StepKind.WRAPPER) and step.start is not None for step in self.steps)

    @property
    def drops_root(self) -> bool:
        """Whether a wrapper on the way switches to a user that is not root."""
        return any(step.user not in (None, "root", "0", "") for step in self.steps)

    @property
    def blocker(self) -> Step | None:
        """The first step that stays in front of the entry and does not pass SIGTERM on."""
        return next((s for s in self.steps if not s.replaced and s.on_sigterm is OnSigterm.DROPS), None)

    @property
    def arrives(self) -> bool | None:
        """Whether SIGTERM reaches the entry; None where a step on the way is not known."""
        if self.blocker is not None:
            return False
        stays = [step for step in self.steps if not step.replaced]
        return None if any(step.on_sigterm is OnSigterm.UNKNOWN for step in stays) else True
