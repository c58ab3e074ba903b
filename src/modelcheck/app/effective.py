"""Every setting that holds for a project, each with who set it: what `config show` tells."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

import msgspec

from modelcheck.app.errors import UserError
from modelcheck.app.options import Options
from modelcheck.app.places import home as own_home
from modelcheck.app.places import project_root
from modelcheck.app.rulebook import profile_of, project_settings
from modelcheck.core.profile import Bar
from modelcheck.core.sentence import Told
from modelcheck.core.setting import Plain, Setting
from modelcheck.core.text import printable
from modelcheck.profiles.layers import overlaid
from modelcheck.profiles.settings import Settings
from modelcheck.profiles.written import Trail

DEFAULT = "default"
"""The origin of what nobody set."""
LONGEST = 300
"""Characters of one value."""


def effective(options: Options) -> tuple[Setting, ...]:
    """Return what holds for the project, from every source.

    Raises:
        UserError: a setting cannot be used.

    """
    root = project_root(options.path)
    settings = project_settings(root)
    try:
        settings.expectations(options.intents)
    except Told as told:
        raise UserError.of(told) from None
    rows = (*_chosen(options, settings, root), *_allowed(options), *_declared(options, settings), *_ignored(settings))
    return tuple(rows)


def _chosen(options: Options, settings: Settings, root: Path) -> Iterator[Setting]:
    chosen = profile_of(options, settings, root)
    named = settings.declared.profile is not None and "profile" not in options.origins
    origin = settings.written.origin("profile") if named else options.origins.get("profile", DEFAULT)
    yield Setting("profile", chosen.place or chosen.name, origin)
    yield _bar("fail_under", chosen.score)
    yield _bar("min_coverage", chosen.coverage)
    yield _own(options, "max_drop", options.max_drop)


def _bar(name: str, bar: Bar) -> Setting:
    return Setting(name, bar.minimum / 10, bar.origin)


def _own(options: Options, name: str, value: object) -> Setting:
    return Setting(name, _shown(value), options.origins.get(name, DEFAULT))


def _allowed(options: Options) -> Iterator[Setting]:
    """Return what only the user may set."""
    yield _own(options, "offline", options.offline)
    yield _own(options, "lang", options.lang or None)
    for name in ("endpoints", "paths", "key_variables"):
        table = cast("Mapping[str, str]", getattr(options, name))
        yield from _entries(options, name, [(f"{name}.{key}", f"{name}.{key}", value) for key, value in table.items()])
    lists = {"models_dirs": options.models_dirs, "env_files": options.env_files}
    for name, items in {**lists, "trust_hosts": sorted(options.trusted_hosts)}.items():
        yield from _entries(options, name, [(name, f"{name}.{item}", item) for item in items])
    if options.exemptions:
        at = options.exemptions[0].at
        origin = DEFAULT if at is None else f"{at.path}:{at.line}"
        yield Setting("exceptions", len(options.exemptions), origin)
    yield _own(options, "baseline", options.baseline)
    yield _own(options, "machine_facts", options.machine_facts)


def _entries(options: Options, name: str, entries: list[tuple[str, str, object]]) -> Iterable[Setting]:
    if not entries:
        return [Setting(name, None, DEFAULT)]
    return [
        Setting(printable(shown), _shown(value), options.origins.get(key, DEFAULT)) for shown, key, value in entries
    ]


def _declared(options: Options, settings: Settings) -> Iterator[Setting]:
    """Return what the project declares, and the user's own word where that stands above it."""
    table = cast("dict[str, object]", msgspec.to_builtins(settings.declared))
    for name in ("config", "sensitive", "models_dir", "naming"):
        yield from _single(options, settings, table[name], name)
    for name in ("expect", "cloud"):
        yield from _single(options, settings, overlaid(table[name], options.intents.get(name, {})), name)
    for name in ("exceptions", "ignore"):
        count = len(cast("list[object]", table[name]))
        yield Setting(name, count or None, settings.written.origin(name) if count else DEFAULT)


def _single(options: Options, settings: Settings, value: object, *trail: str) -> Iterator[Setting]:
    """Return a value, or what a table of them holds, each by itself."""
    if table := _table(value):
        for key, one in table.items():
            yield from _single(options, settings, one, *trail, key)
        return
    name = ".".join(trail)
    written = settings.written.origin(*trail) if _is_written(settings.written.content, trail) else DEFAULT
    yield Setting(printable(name), _shown(value), options.origins.get(name, written))


def _table(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _is_written(content: object, trail: Trail) -> bool:
    for step in trail:
        if not isinstance(content, dict) or step not in content:
            return False
        content = cast("dict[str | int, object]", content)[step]
    return True


def _ignored(settings: Settings) -> Iterator[Setting]:
    for name in settings.refused:
        yield Setting(name, None, settings.written.origin(name), ignored=True)


def _shown(value: object) -> Plain:
    """Return a value as it may be shown: on one line, the home as `~`."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        items = cast("Iterable[object]", value)
        return printable(", ".join(str(_shown(item)) for item in items), LONGEST) or None
    if value == {}:
        return None
    text, place = str(value), own_home()
    if place is not None and Path(text).is_relative_to(place):
        text = str(Path("~") / Path(text).relative_to(place))
    return printable(text, LONGEST)
