"""Where a provider's key may go and which variable may hold it: the user's word first, then what is official."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from modelcheck.core.asked import CloudProvider
from modelcheck.core.gap import Gap, Why
from modelcheck.core.host import Endpoint, InvalidEndpoint, parse_endpoint
from modelcheck.core.tables import KnownProvider
from modelcheck.core.text import printable
from modelcheck.probes.access import Access

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True)
class KeyRoute:
    """The one way that a provider's key may take."""

    provider: KnownProvider
    called: str
    """What options of the command line call it."""
    endpoint: Endpoint | None
    """Where it is asked and its key may go; None when this version cannot ask it."""
    variables: tuple[str, ...]
    """The variables that may hold its key, the first to be preferred; none when it has no key of that kind."""
    users_own: bool
    """Whether the user named both its address and its variable, so that the key need not look like the provider's."""

    @property
    def host(self) -> str:
        """What the ledger calls the place where it is asked: nothing that only the user should see."""
        if self.endpoint is None:
            return self.called
        if self.endpoint.host in self.provider.hosts:
            return self.endpoint.host
        return f"the endpoint given for {self.called}"


def key_route(provider: CloudProvider, access: Access) -> KeyRoute | Gap:
    """Decide where the key of a provider may go and which variables may hold it, without looking at any of them.

    The project only describes. An address of its own that is not official gets no key, and a variable of its own is
    read only if the provider's SDK reads that very variable; either is a gap that names the option to allow it.
    """
    known = known_provider(provider, access)
    if known is None:
        return Gap(Why.NOT_UNDERSTOOD, about=printable(provider.name))
    called = _called(provider, known)
    given = given_address(provider, known, access)
    if given is None and not is_official(provider.address, known):
        return Gap(Why.NOT_TRUSTED, about=printable(provider.name), hint=f"--endpoint {called}=URL")
    variable = _given(access.key_variables, called, known)
    variables = _standard(provider, known) if variable is None else (variable,)
    if not variables and known.key_variables:
        about = _variable_name(provider.key_variable or "", access)
        return Gap(Why.NOT_TRUSTED, about=about, hint=f"--key-env {called}=NAME")
    address = known.base_url if given is None else given
    try:
        endpoint = None if address is None else parse_endpoint(address)
    except InvalidEndpoint:
        return Gap(Why.NOT_UNDERSTOOD, about=f"--endpoint {called}", hint=f"--endpoint {called}=URL")
    return KeyRoute(known, called, endpoint, variables, users_own=given is not None and variable is not None)


def known_provider(provider: CloudProvider, access: Access) -> KnownProvider | None:
    """Return what is publicly known of a provider in use."""
    table = access.providers
    by_id = next((known for known in table.providers if known.id == provider.id), None)
    return by_id or table.named(provider.id) or table.named(provider.name)


def given_address(provider: CloudProvider, known: KnownProvider, access: Access) -> str | None:
    """Return the address that the user gave for a provider."""
    return _given(access.endpoints, _called(provider, known), known)


def _called(provider: CloudProvider, known: KnownProvider) -> str:
    """Return a name that is safe to paste: one of the table's, and the project's own where it is among them."""
    own = provider.id.strip().lower()
    return own if own in known.names else known.id


def _given(said: Mapping[str, str], called: str, known: KnownProvider) -> str | None:
    return said.get(called, said.get(known.id))


def is_official(address: str, known: KnownProvider) -> bool:
    """Whether the project's own address is none at all or one of the provider's; in doubt it is not."""
    if not address:
        return True
    try:
        return parse_endpoint(address if "://" in address else f"https://{address}").host in known.hosts
    except InvalidEndpoint:
        return False


def _standard(provider: CloudProvider, known: KnownProvider) -> tuple[str, ...]:
    """Return the standard variables, narrowed to the one that the project names; none when that is not standard."""
    if provider.key_variable is None:
        return known.key_variables
    return tuple(variable for variable in known.key_variables if variable == provider.key_variable)


def _variable_name(text: str, access: Access) -> str:
    """Return the name of a variable for a report, unless it may be a key that was put where its name belongs."""
    patterns = (known.key_pattern for known in access.providers.providers if known.key_pattern)
    if _VARIABLE.fullmatch(text) is None or any(re.search(pattern, text) for pattern in patterns):
        return "the variable that the project names"
    return text
