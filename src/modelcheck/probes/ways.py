"""The ways to hosted providers, looked at from outside: addresses, and the variables that change where requests go.

Of a variable only its name and origin are kept. Addresses are compared and never contacted here.
"""

from collections.abc import Callable, Iterable, Mapping

from modelcheck.core.asked import CloudProvider, CloudProviders, Servers
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.host import Endpoint, InvalidEndpoint, parse_endpoint
from modelcheck.core.project import Engine
from modelcheck.core.tables import KnownProvider
from modelcheck.core.text import printable
from modelcheck.core.ways import Variable, Way, Ways
from modelcheck.probes.access import Access
from modelcheck.probes.envfile import read_values
from modelcheck.probes.files import Unreadable, inside
from modelcheck.probes.keys import ENVIRONMENT, PROJECT_FILE
from modelcheck.probes.probe import probe
from modelcheck.probes.proxy import proxy_variable
from modelcheck.probes.trust import given_address, is_official, known_provider

SWITCHES = ("PYTHONHTTPSVERIFY", "NODE_TLS_REJECT_UNAUTHORIZED")
"""Where these are `0`, certificates are not verified."""
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
ADDRESSES = {Engine.ANTHROPIC: ("ANTHROPIC_BASE_URL",), Engine.OPENAI: ("OPENAI_BASE_URL", "OPENAI_API_BASE")}
"""What the SDK of an engine takes for its address when code gives it none."""
LOOPBACK = ("localhost", "127.0.0.1")

Values = Mapping[str, tuple[str, Variable]]
"""Value, and where it was found, by name."""


@probe
def ways(access: Access, providers: CloudProviders, servers: Servers) -> Ways:
    """Compare what is configured with what the environment says; nothing is contacted."""
    values = _values(access)
    found = {provider.id: _way(provider, access, values) for provider in providers.providers}
    return Ways(
        providers=Seen[str, Way].of(found),
        unverified_by=_first(values, SWITCHES, lambda value: value == "0"),
        certificates_by=_first(values, CERTIFICATES, bool),
        loopback_by=_loopback(access, servers),
    )


def _values(access: Access) -> Values:
    """Read the named variables from the environment, then the `.env` files. Raises Unseen where one is unreadable."""
    names = {*SWITCHES, *CERTIFICATES, *(name for each in ADDRESSES.values() for name in each)}
    found = {name: (access.environ[name], Variable(name, ENVIRONMENT)) for name in names if access.environ.get(name)}
    try:
        files = [*access.env_files, inside(access.root, PROJECT_FILE)]
    except Unreadable as reason:
        raise Unseen(Gap(Why.UNREADABLE, about=f"{PROJECT_FILE}: {reason}")) from None
    for path in files:
        read = read_values(path, names)
        if isinstance(read, Gap):
            if read.why is Why.NOT_THERE:
                continue
            raise Unseen(read)
        for name, (secret, _) in read.items():
            if secret.reveal():
                found.setdefault(name, (secret.reveal(), Variable(name, printable(path.name))))
    return found


def _first(values: Values, names: Iterable[str], means: Callable[[str], bool]) -> Variable | None:
    return next((values[name][1] for name in names if name in values and means(values[name][0].strip())), None)


def _way(provider: CloudProvider, access: Access, values: Values) -> Way | Gap:
    known = known_provider(provider, access)
    if known is None or provider.engine not in ADDRESSES:
        return Gap(Why.NOT_UNDERSTOOD, about=printable(provider.name))
    given = given_address(provider, known, access)
    named = access.named.get(provider.id)
    expected = {root for root in (_root(given), _root(named)) if root is not None}
    set_ = [values[name] for name in ADDRESSES[provider.engine] if name in values]
    redirected = next((found for value, found in set_ if not _is_expected(value, known, expected)), None)
    return Way(is_official(provider.address, known), given is not None, redirected)


def _is_expected(value: str, known: KnownProvider, expected: set[Endpoint]) -> bool:
    """Whether an address is where the provider is expected: as it was given or configured, or else an official host."""
    root = _root(value.strip())
    return root is not None and (root in expected if expected else root.host in known.hosts)


def _root(address: str | None) -> Endpoint | None:
    try:
        return None if address is None else parse_endpoint(address).root
    except InvalidEndpoint:
        return None


def _loopback(access: Access, servers: Servers) -> Variable | None:
    """Return the proxy that requests to a server on this machine would go through, in whichever way it is spelled."""
    local = [end for end in (_root(server.address) for server in servers.servers) if end and end.is_loopback]
    if not local:
        return None
    caught = [proxy_variable(access.environ, local[0].scheme, host) for host in LOOPBACK]
    return Variable(caught[0], ENVIRONMENT) if caught[0] and all(caught) else None
