"""Patches for a while: attributes replaced and put back, in modules that are here and in those that come later."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Protocol, cast

Patch = Callable[[ModuleType, "Patches"], None]
"""Replaces what is to be replaced in one module."""
Look = Callable[..., tuple[object, ...] | None]
"""Sees the arguments of a call; what it returns takes the place of those that are given by position."""
_MISSING = object()


class Loader(Protocol):
    """What loads a module, as far as it is used here."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Make the module, or leave that to the import system."""
        ...

    def exec_module(self, module: ModuleType) -> None:
        """Run its code."""
        ...


class Patches:
    """Attributes that are replaced until `undo`; loads no module of its own accord."""

    def __init__(self, by_module: Mapping[str, Patch]) -> None:
        self._by_module = by_module
        self._live = False
        self._kept: list[tuple[object, str, object, object]] = []
        self._finder = _Finder(by_module, self._apply)

    def begin(self) -> None:
        """Patch the modules that are here, and wait for the others."""
        self._live = True
        sys.meta_path.insert(0, self._finder)
        for name in self._by_module:
            module = sys.modules.get(name)
            if module is not None:
                self._apply(name, module)

    def undo(self) -> None:
        """Put everything back; doing it twice does nothing more."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        self._live = False
        while self._kept:
            owner, name, value, ours = self._kept.pop()
            if _own(owner, name) is not ours:
                continue  # somebody has replaced it since, and goes on to the original through ours
            if value is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, value)

    def before(self, owner: object, name: str, look: Look) -> None:
        """Have a function look at the arguments of another before that is called; skip one that is not there."""
        original = getattr(owner, name, None)
        if not callable(original):
            return

        def watched(*args: object, **kwargs: object) -> object:
            __tracebackhide__ = True
            if self._live:
                args = look(*args, **kwargs) or args
            return original(*args, **kwargs)

        self._kept.append((owner, name, _own(owner, name), watched))
        setattr(owner, name, watched)

    def _apply(self, name: str, module: ModuleType) -> None:
        self._by_module[name](module, self)


def _own(owner: object, name: str) -> object:
    """Return an attribute that stands in an object itself, not in what it inherits from."""
    return cast("dict[str, object]", vars(owner)).get(name, _MISSING)


class _Finder:
    """Finds the modules that are waited for as all others would, and has them patched once they are loaded."""

    def __init__(self, names: Mapping[str, Patch], loaded: Callable[[str, ModuleType], None]) -> None:
        self._names = names
        self._loaded = loaded

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self._names:
            return None
        for finder in sys.meta_path:
            spec = None if isinstance(finder, _Finder) else finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = cast("Any", _Loader(cast("Loader", spec.loader), self._loaded))
                return spec
        return None


class _Loader:
    """Loads a module by its own loader, then has it patched; leaves no trace in it."""

    def __init__(self, loader: Loader, loaded: Callable[[str, ModuleType], None]) -> None:
        self._loader = loader
        self._loaded = loaded

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = cast("Any", self._loader)
        if module.__spec__ is not None:
            module.__spec__.loader = cast("Any", self._loader)
        self._loader.exec_module(module)
        self._loaded(module.__name__, module)
