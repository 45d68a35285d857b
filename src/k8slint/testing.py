"""A rule's page as its tests; for the built-in rules and for anyone's.

A page is Markdown. Each heading ``## Bad: ...`` or ``## Good: ...`` is one example, and its fenced blocks are the files
of one small project, titled in the info string::

    ## Bad: the shell never hands the signal on
    ```dockerfile title=Dockerfile
    FROM python:3.12
    # expect: shell-form-blocks-sigterm
    CMD python app.py
    ```

The line below ``# expect: rule-id`` is the line that must be found; two such comments above one line expect two
findings there. What is found must equal what is expected. Expectations stay in the file: they are comments in all its
languages. A heading that ends in ``(pedantic)`` is run with pedantic findings. ``mode=755`` after the title sets a
file's mode (the default is 755 for files that begin with ``#!``, 644 for others).

Below ``## Fix`` the blocks with ``title=path`` are a project before, those with ``fixed=path`` what ``--fix
--unsafe-fixes`` makes of its files; a file without such a block is not changed. The page of a rule whose findings can
be repaired needs them.

A rule package tests all its pages so::

    import pytest
    from k8slint import plugins, testing

    CASES = testing.cases("my_rules")

    @pytest.mark.parametrize("loaded, example", CASES, ids=testing.name)
    def test_example(loaded, example):
        assert testing.run_example(loaded, example) == []

    @pytest.mark.parametrize("loaded", plugins.import_package("my_rules"), ids=testing.name)
    def test_fix(loaded):
        assert testing.run_fix(loaded) == []
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct

from k8slint import engine, plugins
from k8slint.fix import rounds
from k8slint.location import NoticeLevel
from k8slint.project import FileText, Project
from k8slint.regex import regex
from k8slint.repair import Safety
from k8slint.report import LoadedRule, Report

_HEADING = regex(r"##\s+(Bad|Good):\s*(\S.*)")
_FENCE = regex(r"(`{3,}|~{3,})\s*(.*)")
_EXPECT = regex(r"\s*#\s*expect:\s*(.*?)\s*")
_PEDANTIC = "(pedantic)"


class PageError(Exception):
    """A page that cannot be read as tests, in words for its author."""


class Expected(Struct, frozen=True):
    """A line at which a finding must be."""

    path: str
    line: int
    rule_id: str


class Example(Struct, frozen=True):
    """One heading of a page: a small project and what must be found in it."""

    heading: str
    is_bad: bool
    files: Mapping[str, FileText]
    expected: tuple[Expected, ...]

    @property
    def is_pedantic(self) -> bool:
        return self.heading.endswith(_PEDANTIC)


class _Block(Struct, frozen=True):
    title: str
    mode: str
    text: str


def cases(package: str) -> list[tuple[LoadedRule, Example]]:
    """Every example of every page of an importable rule package. Raises ``PluginError`` or ``PageError``."""
    return [(loaded, example) for loaded in plugins.import_package(package) for example in examples(loaded.page)]


def name(value: LoadedRule | Example) -> str:
    """A name for pytest's ``ids``."""
    return value.rule.id if isinstance(value, LoadedRule) else value.heading


def examples(page: str) -> tuple[Example, ...]:
    """The examples of a page, in order. Raises ``PageError``."""
    return tuple(_example(heading, is_bad, blocks) for heading, is_bad, blocks in _sections(page))


def page_problems(loaded: LoadedRule) -> list[str]:
    """What a page lacks, in words: its rule's id as title, two examples of each kind, a fix and its sources."""
    try:
        found = examples(loaded.page)
    except PageError as error:
        return [str(error)]
    lines = loaded.page.splitlines()
    problems: list[str] = []
    if lines[:1] != [f"# {loaded.rule.id}"]:
        problems.append(f"the first line should be '# {loaded.rule.id}'")
    for kind, is_bad in (("Bad", True), ("Good", False)):
        number = sum(1 for example in found if example.is_bad is is_bad)
        if number < 2:
            problems.append(f"it has {number} of the two or more headings '## {kind}: ...' that a page needs")
    problems.extend(f"it has no heading '{heading}'" for heading in ("## Fix", "## See") if heading not in lines)
    if loaded.rule.fixable is not Safety.NONE and not _fix_blocks(loaded.page)[1]:
        problems.append("it has no block fixed=path below '## Fix', and the rule's findings can be repaired")
    twice = [heading for heading, number in Counter(example.heading for example in found).items() if number > 1]
    problems.extend(f"two examples are called {heading!r}" for heading in twice)
    return problems


def run_example(loaded: LoadedRule, example: Example) -> list[str]:
    """Run one rule on one example; what differs from what is expected, in words. An empty list is success."""
    strangers = sorted({entry.rule_id for entry in example.expected} - {loaded.rule.id})
    if strangers:
        return [f"expects {', '.join(strangers)} on the page of {loaded.rule.id}"]
    project = Project.from_files(example.files, engine.interest([loaded]), "example")
    report = engine.run(project, [loaded], known=frozenset({loaded.rule.id}), pedantic=example.is_pedantic)
    problems = [
        f"{notice.location}: {notice.message}" for notice in report.notices if notice.level is NoticeLevel.ERROR
    ]
    expected = Counter((entry.path, entry.line) for entry in example.expected)
    found = Counter((finding.location.path, finding.location.line) for finding in report.findings)
    for path, line in sorted((expected - found).elements()):
        problems.append(f"{path}:{line}: {loaded.rule.id} is expected and not found")
    for path, line in sorted((found - expected).elements()):
        messages = [
            finding.message
            for finding in report.findings
            if (finding.location.path, finding.location.line) == (path, line)
        ]
        problems.append(f"{path}:{line}: found and not expected: {' | '.join(messages)}")
    return problems


def run_fix(loaded: LoadedRule) -> list[str]:
    """Repair the project below ``## Fix``; where it does not become what the page says, in words."""
    before, after = _fix_blocks(loaded.page)
    if not after:
        return []
    files = {block.title: _file(block) for block in before}

    def lint(files: Mapping[str, FileText]) -> Report:
        project = Project.from_files(files, engine.interest([loaded]), "example")
        return engine.run(project, [loaded], known=frozenset({loaded.rule.id}), pedantic=True)

    outcome = rounds.repaired(files, lint, {loaded.rule.id}, unsafe=True)
    wanted = {path: file.data.decode() for path, file in files.items()} | {one.title: one.text for one in after}
    problems = [f"{one.finding.location}: not fixed: {one.reason}" for one in outcome.dropped]
    for path, text in wanted.items():
        made = outcome.changed.get(path, files.get(path))
        if made is None or made.data.decode() != text:
            problems.append(f"{path} becomes:\n{made.data.decode() if made is not None else ''}")
    return problems


def _fix_blocks(page: str) -> tuple[list[_Block], list[_Block]]:
    """The titled blocks below ``## Fix``: those before and those after it. Raises ``PageError``."""
    before: list[_Block] = []
    after: list[_Block] = []
    is_fix = False
    lines = iter(enumerate(page.splitlines(), 1))
    for number, line in lines:
        fence = _FENCE.fullmatch(line)
        if fence:
            text = _fenced(lines, fence[1], number)
            blocks = (_block(fence[2], text), _block(fence[2], text, "fixed"))
            for block, kind in zip(blocks, (before, after), strict=True):
                if is_fix and block:
                    kind.append(block)
        elif line.startswith("## "):
            is_fix = line.rstrip() == "## Fix"
    return before, after


def _file(block: _Block) -> FileText:
    usual = "755" if block.text.startswith("#!") else "644"
    return FileText(block.title, block.text.encode(), int(block.mode or usual, 8))


def _sections(page: str) -> Iterator[tuple[str, bool, list[_Block]]]:
    """Heading, kind and blocks of each example; headings inside fences are text."""
    current: tuple[str, bool, list[_Block]] | None = None
    lines = iter(enumerate(page.splitlines(), 1))
    for number, line in lines:
        fence = _FENCE.fullmatch(line)
        if fence:
            text = _fenced(lines, fence[1], number)
            block = _block(fence[2], text)
            if current and block:
                current[2].append(block)
        elif line.startswith("# ") or line.startswith("## "):
            if current:
                yield current
            heading = _HEADING.fullmatch(line.rstrip())
            current = (f"{heading[1]}: {heading[2]}", heading[1] == "Bad", []) if heading else None
    if current:
        yield current


def _fenced(lines: Iterator[tuple[int, str]], fence: str, start: int) -> str:
    body: list[str] = []
    for _, line in lines:
        closing = line.strip()
        if closing.startswith(fence) and not closing.strip(fence[0]):
            return "".join(f"{text}\n" for text in body)
        body.append(line)
    raise PageError(f"line {start}: the block is not closed")


def _block(info: str, text: str, key: str = "title") -> _Block | None:
    """A file, if the info string has a title; other blocks are illustration."""
    attributes = dict(word.partition("=")[::2] for word in info.split()[1:])
    title = attributes.get(key, "").strip("\"'")
    return _Block(title, attributes.get("mode", ""), text) if title else None


def _example(heading: str, is_bad: bool, blocks: list[_Block]) -> Example:
    files: dict[str, FileText] = {}
    expected: list[Expected] = []
    for block in blocks:
        if block.title in files:
            raise PageError(f"{heading}: two files are called {block.title}")
        if not re.fullmatch(r"[0-7]{3}|", block.mode):
            raise PageError(f"{heading}: mode={block.mode} is not a file mode")
        files[block.title] = _file(block)
        expected.extend(_expectations(block.title, block.text.splitlines()))
    if not files:
        raise PageError(f"{heading}: there is no block with title=path")
    if is_bad is not bool(expected):
        raise PageError(f"{heading}: {'nothing is' if is_bad else 'something is'} expected")
    return Example(heading, is_bad, files, tuple(expected))


def _expectations(path: str, lines: list[str]) -> Iterator[Expected]:
    waiting: list[str] = []
    for number, line in enumerate(lines, 1):
        comment = _EXPECT.fullmatch(line)
        if comment:
            waiting.append(comment[1])
            continue
        yield from (Expected(path, number, rule_id) for rule_id in waiting)
        waiting = []
    if waiting:
        raise PageError(f"{path}: nothing stands below the last '# expect'")
