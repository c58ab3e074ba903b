"""The inventory on a terminal: what each server holds and which store it reads, what lies beside, what was verified."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap
from modelcheck.core.machine import Entry, Listing, Product
from modelcheck.core.sentence import plain, size
from modelcheck.core.stores import Leftovers, ModelFolder, NamedFolder, ServerStore, Store, Stores, VerifiedStore
from modelcheck.reports.lang import Words, words
from modelcheck.reports.sentences import of_gap

MOST_FLAWS = 20
"""Flaws of one store that are printed."""
COLUMNS = ("name", "size", "family", "parameters", "quantisation", "fit")


def print_inventory(
    servers: Seen[str, Listing],
    stores: Stores | Gap,
    loose: tuple[ModelFolder, ...] | Gap,
    console: Console,
    *,
    total: int | None = None,
    language: str = "en",
) -> None:
    """Print what each server holds, its store, and what no server has registered; a wrong folder is said first.

    `total` is the memory of the card in bytes, None where none was seen.
    """
    page = _Page(console, words(language), total)
    if not isinstance(stores, Gap):
        page.mismatches(stores)
    for server in servers:
        page.server(server, servers[server], stores if isinstance(stores, Gap) else stores.servers[server])
    for store in () if isinstance(stores, Gap) else stores.others:
        page.other(store)
    for folder in () if isinstance(loose, Gap) else loose:
        page.folder(folder)


def print_verification(stores: Sequence[VerifiedStore], console: Console, language: str = "en") -> None:
    """Print for each store what hashing its blobs came to, each mismatch by itself."""
    said = words(language)
    for store in stores:
        for wrong in store.mismatches:
            models = ", ".join(wrong.models) or said.presence["no-model"]
            mismatch = said.say(said.presence["mismatch"], digest=wrong.digest, root=store.root, models=models)
            console.print(Text(mismatch, "bold red"))
        for gap in store.doubts[:MOST_FLAWS]:
            console.print(Text(f"{plain(store.root)}: {of_gap(gap, said)}", "yellow"))
        seen = store.blobs - len(store.mismatches) - len(store.doubts)
        template = said.presence["verified"]
        console.print(Text(said.say(template, root=store.root, count=max(0, seen), of=store.blobs, size=store.size)))


@dataclass(frozen=True)
class _Page:
    """Where an inventory is printed."""

    console: Console
    said: Words
    total: int | None

    def mismatches(self, stores: Stores) -> None:
        """Print each folder that the project names and that none of the servers reads which it concerns."""
        for named in stores.named:
            if any(named.same[server] is True for server in named.same):
                continue
            for server in named.same:
                if named.same[server] is False:
                    own = stores.servers[server]
                    root = self.said.presence["another-folder"] if isinstance(own, Gap) else own.store.root
                    self._line(
                        "other-store", "bold red", folder=named.text, where=_where(named), server=server, root=root
                    )

    def server(self, server: str, listing: Listing | Gap, own: ServerStore | Gap) -> None:
        """Print what a server holds and the store that it reads."""
        if isinstance(listing, Gap):
            self.console.print(Text.assemble((f"{plain(server)}: ", "bold"), of_gap(listing, self.said)))
        else:
            source, count = self.said.presence[listing.source.value], len(listing.entries)
            self._line("holds", "bold", server=server, source=source, count=count)
        if not isinstance(own, Gap):
            self._line("own-store", "dim", root=own.store.root, basis=self.said.presence[f"basis-{own.basis.value}"])
            self._about(own.store)
        elif not isinstance(listing, Gap) and listing.product is Product.OLLAMA:
            self._line("no-store", "dim", gap=of_gap(own, self.said))
        if not isinstance(listing, Gap):
            self._entries(listing.entries)

    def other(self, store: Store) -> None:
        """Print a store that no server is known to read."""
        self._line("store-unread", "bold", root=store.root, count=len(store.entries))
        self._about(store)

    def folder(self, folder: ModelFolder) -> None:
        """Print a folder of models that no server has registered."""
        self._line(f"holder-{folder.holder.value}", "bold", root=folder.root, count=len(folder.entries))
        if folder.partial.count:
            self._left("partial", folder.partial)
        if folder.doubt is not None:
            self._gap(folder.doubt)
        if folder.entries:
            self._entries(folder.entries, where=folder.root)

    def _about(self, store: Store) -> None:
        """Print what a person should know of a store; nothing where all is well."""
        for flaw in store.flaws[:MOST_FLAWS]:
            self._line(f"flaw-{flaw.fault.value}", "yellow", model=flaw.model, blob=flaw.blob)
        if len(store.flaws) > MOST_FLAWS:
            more = self.said.say(self.said.phrases["more"], count=len(store.flaws) - MOST_FLAWS)
            self.console.print(Text(f"  {more}"))
        if store.doubt is not None:
            self._gap(store.doubt)
        for key, count in (("unreadable", store.unreadable), ("misplaced", store.misplaced)):
            if count:
                self._line(f"store-{key}", "yellow", count=count)
        for key, left in (("dangling", store.dangling), ("partial", store.partial)):
            if isinstance(left, Gap):
                self._gap(left)
            elif left.count:
                self._left(key, left)

    def _left(self, key: str, left: Leftovers) -> None:
        self._line(f"store-{key}", "yellow", count=left.count, size=left.size)

    def _gap(self, gap: Gap) -> None:
        self.console.print(Text(f"  {of_gap(gap, self.said)}", "yellow"))

    def _line(self, key: str, style: str, **parameters: object) -> None:
        indent = "" if "bold" in style else "  "
        self.console.print(Text(f"{indent}{self.said.say(self.said.presence[key], **parameters)}", style))

    def _entries(self, entries: tuple[Entry, ...], *, where: str = "") -> None:
        """Print a table; of a folder's models also the format, and where in it each lies."""
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading in (*COLUMNS, "format", "where") if where else COLUMNS:
            table.add_column(self.said.presence[f"column-{heading}"], overflow="fold")
        for entry in entries:
            weight = size(entry.size, self.said.numbers) if isinstance(entry.size, int) else "?"
            cells = (entry.family, entry.parameters, entry.quantisation)
            row = [plain(entry.name), weight, *map(_shown, cells), self.said.presence[_fit(entry, self.total)]]
            if where:
                row += [_shown(entry.format), plain(entry.where.removeprefix(where).removeprefix("/"))]
            table.add_row(*map(Text, row))
        self.console.print(table)


def _shown(value: str | Gap) -> str:
    return plain(value) if isinstance(value, str) else "?"


def _where(named: NamedFolder) -> str:
    if named.at is None:
        return ""
    line = f":{named.at.line}" if named.at.line else ""
    return f" ({named.at.path}{line})"


def _fit(entry: Entry, total: int | None) -> str:
    """Compare weights alone with the card; an estimate that needs no context, and is called so in the heading."""
    if entry.remote is True:
        return "fit-remote"
    if entry.whole is False:
        return "fit-broken"
    if total is None or not isinstance(entry.size, int):
        return "fit-unknown"
    return "fit-yes" if entry.size < total else "fit-no"
