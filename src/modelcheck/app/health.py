"""What facts say of the health of a machine and a project, a line for each thing."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from modelcheck.app.tables import table
from modelcheck.core.asked import Server, Servers
from modelcheck.core.diagnosis import FirstContact, Side, advice
from modelcheck.core.facts import Facts
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpus
from modelcheck.core.health import Line, Standing
from modelcheck.core.machine import Contacts, ContactState, Platform, Versions
from modelcheck.core.project import Configuration, Engine, Reading
from modelcheck.core.stores import Stores
from modelcheck.core.tables import KnownProviders
from modelcheck.profiles.settings import TOML_NAME, YAML_NAME

MOST_UPWARDS = 40
"""Folders above the project in which a repository is looked for."""


def of_project(facts: Facts, root: Path) -> Iterator[Line]:
    """Say what the project has: its configuration and its repository."""
    read = facts.get(Configuration)
    if not isinstance(read, Gap):
        whole = read.reading is Reading.READ
        unread = "configuration-missing" if read.reading is Reading.MISSING else "configuration-unread"
        code, standing = ("configuration", Standing.OK) if whole else (unread, Standing.TODO)
        params = {"path": read.path, "agents": str(read.agent_count)}
        yield Line(code, standing, params, "modelcheck init" if code == "configuration-missing" else "")
    above = [root, *root.parents][:MOST_UPWARDS]
    in_git = any(os.path.lexists(folder / ".git") for folder in above)
    yield Line("git", Standing.OK) if in_git else Line("git-none", Standing.NOTE, {}, "git init")


def of_settings(file: str) -> Line:
    """Say which file of the project holds its settings."""
    if file:
        return Line("settings", Standing.OK, {"path": file})
    return Line("settings-none", Standing.NOTE, {"path": YAML_NAME, "other": TOML_NAME})


def of_machine(facts: Facts) -> Iterator[Line]:
    """Say what the machine has: its side, its card, its servers and stores, and what to do first."""
    first = facts.get(FirstContact)
    if not isinstance(first, Gap):
        yield Line(f"side-{first.side.value}", Standing.NOTE if first.side is Side.OTHER else Standing.OK)
    yield _card(facts)
    yield from _servers(facts)
    yield from (Line(one.code, Standing.TODO, one.params, one.command) for one in advice(facts))
    yield from _stores(facts)


def of_keys(names: Collection[str]) -> Iterator[Line]:
    """Say of which hosted providers a key is set, by the names of variables alone."""
    for known in table(KnownProviders).providers:
        if known.engine not in {Engine.ANTHROPIC, Engine.OPENAI} or not known.key_variables:
            continue
        there = [name for name in known.key_variables if name in names]
        if there:
            yield Line("key", Standing.OK, {"variable": there[0]})
        else:
            yield Line("key-none", Standing.NOTE, {"provider": known.id, "variable": known.key_variables[0]})


def _card(facts: Facts) -> Line:
    gpus, machine = facts.get(Gpus), facts.get(Platform)
    if not isinstance(gpus, Gap):
        names = ", ".join(card.name for card in gpus.cards if isinstance(card.name, str))
        driver = gpus.driver if isinstance(gpus.driver, str) else "?"
        return Line("card", Standing.OK, {"driver": driver, "cards": names or "0"})
    graphics = "" if isinstance(machine, Gap) or isinstance(machine.graphics, Gap) else machine.graphics
    if graphics == "nvidia":
        return Line("card-silent", Standing.TODO, {}, gpus.hint or "nvidia-smi")
    return Line("card-none", Standing.NOTE, {"graphics": graphics or "?"})


def _servers(facts: Facts) -> Iterator[Line]:
    servers, contacts = facts.get(Servers), facts.get(Contacts)
    if isinstance(servers, Gap) or isinstance(contacts, Gap):
        return
    for server in servers.servers:
        contact = contacts.servers[server.id]
        if isinstance(contact, Gap):
            code = "server-untrusted" if contact.why is Why.NOT_TRUSTED else "server-unasked"
            yield Line(code, Standing.NOTE, {"server": server.label}, contact.hint)
        elif contact.state is ContactState.ANSWERED:
            product = contact.product.value if not isinstance(contact.product, Gap) else "?"
            params = {"server": server.label, "product": product, "version": _version(facts, server)}
            yield Line("server", Standing.OK, params)


def _version(facts: Facts, server: Server) -> str:
    versions = facts.get(Versions)
    version = versions if isinstance(versions, Gap) else versions.servers[server.id]
    return "?" if isinstance(version, Gap) else version


def _stores(facts: Facts) -> Iterator[Line]:
    stores = facts.get(Stores)
    if isinstance(stores, Gap):
        return
    read = {own.store.root: own.store for key in stores.servers if not isinstance(own := stores.servers[key], Gap)}
    for store in (*read.values(), *stores.others):
        yield Line("store", Standing.OK, {"root": store.root, "count": str(len(store.entries))})
    closed = [gap for key in stores.servers if isinstance(gap := stores.servers[key], Gap)]
    unreadable = next((gap for gap in closed if gap.why is Why.UNREADABLE), None)
    if unreadable is not None:
        yield Line("store-closed", Standing.TODO, {"root": unreadable.about}, "sudo modelcheck doctor")
    elif not read and not stores.others:
        yield Line("store-none", Standing.NOTE, {}, "--models-dir FOLDER")
