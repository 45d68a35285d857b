"""The checklist for people, as Markdown for a pull request, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import click

from k8slint.checklist.answers import Answer, Checklist, Mark
from k8slint.reporters.escaping import in_markdown
from k8slint.reporters.terminal import visible

_WORDS = {Mark.PASS: "pass", Mark.FAIL: "FAIL", Mark.UNKNOWN: "?", Mark.NOT_APPLICABLE: "-"}
_COLOURS = {Mark.PASS: "green", Mark.FAIL: "red", Mark.UNKNOWN: "yellow", Mark.NOT_APPLICABLE: "bright_black"}
_SHOWN_REASONS = 3


def text(lists: Sequence[Checklist], left_out: int, colour: bool) -> str:
    """One block for each workload, with what is wrong or missing below each row."""
    blocks = ["".join(f"{line}\n" for line in _block(one, colour)) for one in lists]
    return "\n".join([*blocks, *_ending(lists, left_out)])


def markdown(lists: Sequence[Checklist], left_out: int) -> str:
    """One table for each workload."""
    blocks = ["".join(f"{line}\n" for line in _table(one)) for one in lists]
    return "\n".join([*blocks, *_ending(lists, left_out)])


def as_json(lists: Sequence[Checklist]) -> str:
    """A list with one object for each workload."""
    return json.dumps([_object(one) for one in lists], indent=2) + "\n"


def _title(one: Checklist) -> str:
    return visible(f"{one.workload}, {one.variant}" if one.variant else one.workload)


def _counted(one: Checklist) -> str:
    numbers = [(one.number(mark), mark) for mark in (Mark.PASS, Mark.FAIL, Mark.UNKNOWN)]
    words = {Mark.PASS: "passed", Mark.FAIL: "failed", Mark.UNKNOWN: "not known"}
    rest = one.number(Mark.NOT_APPLICABLE)
    counted = ", ".join(f"{number} {words[mark]}" for number, mark in numbers)
    return f"{counted}, {rest} {'does' if rest == 1 else 'do'} not apply"


def _block(one: Checklist, colour: bool) -> Iterator[str]:
    title = _title(one)
    yield f"{click.style(title, bold=True) if colour else title}  ({visible(one.place)})"
    for answer in one.answers:
        word = f"{_WORDS[answer.mark]:<4}"
        if colour:
            word = click.style(word, fg=_COLOURS[answer.mark])
        shown = f"  ({visible(answer.shown)})" if answer.shown else ""
        yield f"  {answer.number:>2}  {word}  {answer.question}{shown}"
        if answer.mark is not Mark.NOT_APPLICABLE:
            yield from (f"            {line}" for line in _reasons(answer))
    yield f"  {_counted(one)}"


def _reasons(answer: Answer) -> Iterator[str]:
    prefix = "not known: " if answer.mark is Mark.UNKNOWN else ""
    for why in answer.why[:_SHOWN_REASONS]:
        yield visible(f"{prefix}{why}")
    if len(answer.why) > _SHOWN_REASONS:
        yield f"and {len(answer.why) - _SHOWN_REASONS} more"
    if answer.rules:
        yield f"k8slint explain {answer.rules[0]}"


def _table(one: Checklist) -> Iterator[str]:
    yield f"### {in_markdown(_title(one))}"
    yield ""
    yield f"{in_markdown(one.place)}: {_counted(one)}"
    yield ""
    yield "| | question | answer | why |"
    yield "| --- | --- | --- | --- |"
    for answer in one.answers:
        why = [answer.shown, *answer.why[:_SHOWN_REASONS]]
        reasons = "; ".join(in_markdown(part) for part in why if part)
        yield f"| {answer.number} | {answer.question} | {_WORDS[answer.mark]} | {reasons} |"


def _ending(lists: Sequence[Checklist], left_out: int) -> Iterator[str]:
    if not lists:
        yield "no workload runs the project's own Python, as far as can be told (k8slint inspect shows why)\n"
    if left_out:
        what = "1 container is" if left_out == 1 else f"{left_out} containers are"
        yield f"{what} left out: whether Python of the project runs there is not known\n"


def _object(one: Checklist) -> dict[str, object]:
    rows = [
        {
            "number": answer.number,
            "question": answer.question,
            "answer": answer.mark.value,
            "why": list(answer.why),
            "shown": answer.shown,
            "rules": list(answer.rules),
        }
        for answer in one.answers
    ]
    return {"workload": one.workload, "place": one.place, "variant": one.variant, "rows": rows}
