"""From what a repair asks for to text edits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from k8slint.fix.compare import demand_little
from k8slint.fix.image_edits import exec_form_edit, init_edit, user_edit, variable_edit
from k8slint.fix.manifest_edits import manifest_edit
from k8slint.fix.python_edits import count_edits, stop_edits
from k8slint.fix.refusal import Refused
from k8slint.fix.script_edits import exec_in_front_edit
from k8slint.fix.text_edits import exec_in_text_edit
from k8slint.fix.word_edits import options_edit, words_edit
from k8slint.models.source import Source
from k8slint.repair import (
    Change,
    CountFromEnvironment,
    Edit,
    ExecForm,
    ExecInFront,
    Field,
    ImageInit,
    ImageUser,
    ImageVariable,
    Item,
    Options,
    Repair,
    StopEvent,
    Words,
)

_Single: TypeAlias = ExecForm | ExecInFront | ImageVariable | ImageUser | ImageInit | Words | Options | Field | Item


def edits(repair: Repair, source: Callable[[str], Source]) -> tuple[Edit, ...]:
    """The edits of all changes of ``repair`` in the files that ``source`` gives. Raises ``Refused`` for all of them."""
    return tuple(edit for change in repair.changes for edit in _edits(change, source))


def proposed(repair: Repair | None, source: Callable[[str], Source]) -> tuple[Edit, ...]:
    """The edits of a repair for a report; none where there is no repair, or it is refused.

    The files are compared as data with what they become, as before they are written; they are not linted again.
    """
    if repair is None:
        return ()
    try:
        made = edits(repair, source)
        for path in {edit.location.path for edit in made}:
            text = applied(source(path), [edit for edit in made if edit.location.path == path])
            changes = [change for change in repair.changes if change.location.path == path]
            demand_little(source(path), Source(path, text), changes)
    except Refused:
        return ()
    return made


def _edits(change: Change, source: Callable[[str], Source]) -> tuple[Edit, ...]:
    try:
        text = source(change.location.path)
    except KeyError:
        raise Refused("the file was not read") from None
    if isinstance(change, StopEvent):
        return stop_edits(text, change)
    if isinstance(change, CountFromEnvironment):
        return count_edits(text, change)
    return (_edit(change, text),)


def _edit(change: _Single, text: Source) -> Edit:
    if isinstance(change, ExecForm):
        in_list = text.path.endswith((".yaml", ".yml", ".json"))
        return exec_in_text_edit(text, change) if in_list else exec_form_edit(text, change)
    if isinstance(change, ExecInFront):
        return exec_in_front_edit(text, change)
    if isinstance(change, ImageVariable):
        return variable_edit(text, change)
    if isinstance(change, ImageUser):
        return user_edit(text, change)
    if isinstance(change, ImageInit):
        return init_edit(text, change)
    if isinstance(change, Words):
        return words_edit(text, change)
    if isinstance(change, Options):
        return options_edit(text, change)
    return manifest_edit(text, change)


def applied(source: Source, changes: Sequence[Edit]) -> str:
    """The text of a file after ``changes``; what is inserted at one place stands in the order given."""
    text = source.text
    places = [(*_range(source, one), at, one.text) for at, one in enumerate(changes)]
    for start, end, _, new in sorted(places, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _range(source: Source, edit: Edit) -> tuple[int, int]:
    place = edit.location
    return source.offset(place.line, place.column), source.offset(place.end_line, place.end_column)


def overlap(source: Source, one: Edit, other: Edit) -> bool:
    """Whether two edits of a file touch each other; insertions at one place do."""
    start, end = _range(source, one)
    other_start, other_end = _range(source, other)
    return start <= other_end and other_start <= end
