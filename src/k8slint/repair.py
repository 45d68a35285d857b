"""What a rule asks to be changed in the files to remove what it found."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from msgspec import Struct

from k8slint.location import Location


class Safety(Enum):
    """``SAFE`` edits remove the fault and change nothing else, ``UNSAFE`` ones are to be reviewed."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    NONE = "none"

    def __str__(self) -> str:
        return self.value


class Level(Enum):
    """Where a field of a manifest stands: in the container, in the pod's spec, or in the object itself.

    ``VALUE`` is the field itself, in the values of a chart.
    """

    CONTAINER = "container"
    POD = "pod"
    OBJECT = "object"
    VALUE = "value"


class ExecForm(Struct, frozen=True):
    """The CMD or ENTRYPOINT in whose text ``location`` lies becomes a JSON array, or begins with ``exec``.

    Where ``location`` is a list with a shell and its text, or that text, its last command is started with ``exec``.
    """

    location: Location


class ExecInFront(Struct, frozen=True):
    """The command at ``location``, the last of its script, is started with ``exec``."""

    location: Location


class ImageVariable(Struct, frozen=True):
    """The stage whose FROM is at ``location`` sets a variable."""

    location: Location
    name: str
    value: str


class Field(Struct, frozen=True):
    """A field of a manifest is set, or added with the mappings that hold it.

    ``location`` lies in the object, in a container where ``level`` says so; ``route`` leads to the field from there.
    ``value`` is YAML: what stands behind the colon, or the lines of a mapping.
    """

    location: Location
    level: Level
    route: tuple[str, ...]
    value: str


class Item(Struct, frozen=True):
    """Items are appended to a list of a manifest, which is added where it is missing; else as ``Field``."""

    location: Location
    level: Level
    route: tuple[str, ...]
    values: tuple[str, ...]


class Words(Struct, frozen=True):
    """In the text at ``location``, where ``old`` stands once, it becomes ``new``."""

    location: Location
    old: str
    new: str


class Options(Struct, frozen=True):
    """A command whose last word is ``last``, as written, gets more words.

    ``location`` is the place of that word, or of the array, the instruction or the shell's text that holds the command.
    """

    location: Location
    last: str
    words: tuple[str, ...]


class ImageUser(Struct, frozen=True):
    """The last stage of an image, with its FROM at ``location``, creates a user and ends as that user's number."""

    location: Location
    number: int


class ImageInit(Struct, frozen=True):
    """The last stage of an image, with its FROM at ``location``, starts its command through tini.

    ``tool`` installs it: apk or apt-get.
    """

    location: Location
    tool: str


class StopEvent(Struct, frozen=True):
    """The endless loop of a Python program at ``location`` ends on SIGTERM, and waits for that where it slept."""

    location: Location


class CountFromEnvironment(Struct, frozen=True):
    """The one call in the Python code at ``location`` that counts the node's processors becomes a variable's number."""

    location: Location
    name: str


Change: TypeAlias = (
    ExecForm
    | ExecInFront
    | ImageVariable
    | Field
    | Item
    | Words
    | Options
    | ImageUser
    | ImageInit
    | StopEvent
    | CountFromEnvironment
)


class Edit(Struct, frozen=True):
    """The text at ``location`` is replaced by ``text``; an empty range is an insertion."""

    location: Location
    text: str


class Repair(Struct, frozen=True):
    """The changes that remove one finding, all or none. ``title`` reads as an order: "start it with exec".

    A rule says what is to be changed; the text edits are made from it when somebody asks for them, by ``k8slint.fix``.
    """

    title: str
    safety: Safety
    changes: tuple[Change, ...]
