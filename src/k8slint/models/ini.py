"""Files of sections and settings, such as supervisord.conf and uwsgi.ini."""

from __future__ import annotations

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.regex import regex

_SECTION = regex(r"^\[([^\]]+)\]\s*(?:[;#].*)?$")
_SETTING = regex(r"^([^=:\s\[][^=:]*?)\s*[=:]\s*(.*)$")
_REMARK = regex(r"\s;.*$")
_MOST_SETTINGS = 2000


class Setting(Struct, frozen=True):
    """One line ``name = value``; lines below it that are indented further go on with the value."""

    name: str
    value: str
    location: Location


class Section(Struct, frozen=True):
    """``[name]`` and its settings in the order written; a name may come more than once."""

    name: str
    settings: tuple[Setting, ...]
    location: Location

    def get(self, name: str) -> Setting | None:
        """The last setting of that name, which is the one that counts."""
        return next((one for one in reversed(self.settings) if one.name == name), None)

    def text(self, name: str, default: str = "") -> str:
        found = self.get(name)
        return found.value if found is not None else default


def parse_ini(source: Source) -> tuple[Section, ...]:
    """Read the sections of a file; what stands before the first one, and lines that are no setting, are left out."""
    sections: list[Section] = []
    settings: list[Setting] = []
    for number in range(1, source.line_count + 1):
        line = source.line(number)
        text = line.strip()
        if not text or text.startswith((";", "#")):
            continue
        if line[0] in " \t" and settings:
            last = settings[-1]
            settings[-1] = Setting(last.name, f"{last.value}\n{_REMARK.sub('', text)}".strip(), last.location)
        elif header := _SECTION.match(text):
            _close(sections, settings)
            sections.append(Section(header[1].strip(), (), source.line_span(number)))
        elif (found := _SETTING.match(text)) and sections and len(settings) < _MOST_SETTINGS:
            value = _REMARK.sub("", found[2]).strip()
            settings.append(Setting(found[1].strip(), value, source.line_span(number)))
    _close(sections, settings)
    return tuple(sections)


def _close(sections: list[Section], settings: list[Setting]) -> None:
    if sections:
        last = sections[-1]
        sections[-1] = Section(last.name, tuple(settings), last.location)
    settings.clear()
