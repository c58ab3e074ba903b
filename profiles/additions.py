"""One more exception in the text of the user's own file: all that stands there stays as it is, comments included."""

import json
from collections.abc import Iterator
from typing import cast

import yaml

from modelcheck.core.exceptions import Exemption
from modelcheck.profiles.own import own_layer
from modelcheck.profiles.settings import YAML_LIMIT
from modelcheck.profiles.written import InvalidSettings
from modelcheck.profiles.yamlfile import read_yaml

SECTION = "exceptions"


def line_of(exemption: Exemption) -> str:
    """Return an exception as one item of YAML, without its dash."""
    words = {"subject": exemption.subject, "reason": exemption.reason, "approver": exemption.approver}
    quoted = ", ".join(f"{key}: {json.dumps(word, ensure_ascii=False)}" for key, word in words.items())
    return f'{{what: {exemption.what.value}, {quoted}, until: "{exemption.until}"}}'


def with_exception(name: str, text: str, exemption: Exemption) -> str:
    """Return the text of a settings file, shown as `name`, with one exception more.

    Every way to add it is read again, and only one that changes nothing else is taken.

    Raises:
        InvalidSettings: the file cannot be used as it is, or no such way was found.

    """
    own_layer(read_yaml(name, text), None)
    for candidate in _candidates(text, line_of(exemption)):
        if len(candidate.encode()) <= YAML_LIMIT and _is_only_that(name, text, candidate, exemption):
            return candidate
    raise InvalidSettings(
        "{path}: there is no place for one more exception that surely leaves the rest as it is; under `exceptions:` "
        "write - {line}",
        path=name,
        line=line_of(exemption),
    )


def _candidates(text: str, item: str) -> Iterator[str]:
    """Yield the text with the item at each place that may do, the likeliest first; none of it is taken on trust."""
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    newline = "\r\n" if "\r\n" in text else "\n"
    if not isinstance(root, yaml.MappingNode):
        yield _at(text, len(text), f"{SECTION}:{newline}  - {item}", newline)
        return
    section = next((value for key, value in root.value if key.value == SECTION), None)
    if isinstance(section, yaml.SequenceNode):
        yield from _in_list(text, section, item, newline)
    elif section is None and root.flow_style:
        yield _in_brackets(text, root, f"{SECTION}: [{item}]")
    elif section is None:
        indent = " " * _mark(root).column
        lines = f"{indent}{SECTION}:{newline}{indent}  - {item}"
        yield _at(text, len(text), lines, newline)
        yield _at(text, _mark(root).index - _mark(root).column, lines, newline)


def _in_list(text: str, section: yaml.SequenceNode, item: str, newline: str) -> Iterator[str]:
    if section.flow_style:
        yield _in_brackets(text, section, item)
        return
    column, line = _mark(section).column, f"{' ' * _mark(section).column}- {item}"
    end = cast("yaml.Mark", section.end_mark)
    yield _at(text, _after_the_last(text, section), line, newline)
    yield _at(text, end.index - end.column, line, newline)
    yield _at(text, _mark(section).index - column, line, newline)


def _after_the_last(text: str, section: yaml.SequenceNode) -> int:
    """Return where the line after the last item begins; comments and empty lines after it belong to what follows."""
    last = cast("yaml.Node", section.value[-1])
    while isinstance(last, yaml.MappingNode) and not last.flow_style and last.value:
        last = last.value[-1][1]
    end = text.find("\n", last.end_mark.index)
    return len(text) if end < 0 else end + 1


def _in_brackets(text: str, node: yaml.Node, item: str) -> str:
    start = text.index("[" if isinstance(node, yaml.SequenceNode) else "{", _mark(node).index) + 1
    return f"{text[:start]}{item}{', ' if node.value else ''}{text[start:]}"


def _at(text: str, place: int, lines: str, newline: str) -> str:
    """Return the text with whole lines at the beginning of one."""
    before = text[:place]
    gap = newline if before and not before.endswith("\n") else ""
    return f"{before}{gap}{lines}{newline}{text[place:]}"


def _mark(node: yaml.Node) -> yaml.Mark:
    return cast("yaml.Mark", node.start_mark)


def _is_only_that(name: str, old: str, new: str, exemption: Exemption) -> bool:
    """Whether a text says what the old one does and one exception more, and all of it can be used."""
    item = {
        "what": exemption.what.value,
        "subject": exemption.subject,
        "reason": exemption.reason,
        "approver": exemption.approver,
        "until": exemption.until,
    }
    try:
        before, written = read_yaml(name, old), read_yaml(name, new)
        own_layer(written, None)
    except InvalidSettings:
        return False
    was, now = cast("dict[str, object]", before.content), cast("dict[str, object]", written.content)
    listed = [*cast("list[object]", was.get(SECTION) or []), item]
    found = cast("list[object]", now.get(SECTION) or [])
    return {**was, SECTION: None} == {**now, SECTION: None} and sorted(map(repr, listed)) == sorted(map(repr, found))
