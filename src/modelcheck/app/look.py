"""Looking: the survey of a project with what the user allows."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from modelcheck.app.errors import UserError
from modelcheck.app.options import Options
from modelcheck.app.places import home as own_home
from modelcheck.app.places import project_root
from modelcheck.app.survey import Interrupted, Watch, survey, unwatched
from modelcheck.app.tables import table, tables
from modelcheck.core.exceptions import Exceptions
from modelcheck.core.facts import NOT_ASKED, Fact, Facts, Scope
from modelcheck.core.gap import Gap
from modelcheck.core.host import InvalidEndpoint, parse_endpoint
from modelcheck.core.intent import Declared, Expectations
from modelcheck.core.lock import Lock
from modelcheck.core.mapping import address_key
from modelcheck.core.rulebook import Rulebook
from modelcheck.core.tables import KnownProviders
from modelcheck.core.text import printable
from modelcheck.probes.access import Access, Book
from modelcheck.probes.probe import Probe


def look(
    options: Options,
    rulebook: Rulebook,
    kinds: frozenset[type[Fact]],
    probes: Sequence[Probe[..., object]],
    *,
    watch: Watch = unwatched,
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
    book: Book | None = None,
    stores: dict[str, Path] | None = None,
    known: Mapping[type[Fact], Fact | Gap] = MappingProxyType({}),
) -> Facts:
    """Survey a project with what the user allows.

    `stores` is given the real paths of the stores that were found; what is `known` is not looked at.

    Raises:
        Interrupted: the user ended it, and comes with what was seen until then.

    """
    access = Access(
        root=project_root(options.path),
        providers=table(KnownProviders),
        config=rulebook.config,
        sensitive=frozenset(rulebook.sensitive),
        refused=rulebook.refused,
        environ=dict(os.environ) if environ is None else environ,
        home=home or own_home(),
        network=rulebook.profile.network,
        offline=options.offline,
        endpoints=_checked(options.endpoints),
        models_dirs=options.models_dirs,
        env_files=options.env_files,
        key_variables=options.key_variables,
        trusted_hosts=options.trusted_hosts,
        paths=options.paths,
        stores={} if stores is None else stores,
        book=book or Book(),
        limit_s=options.limit_s,
    )
    try:
        return _without_tables(survey(probes, kinds, access, tables={**_given(rulebook), **known}, watch=watch))
    except Interrupted as ended:
        raise Interrupted(_without_tables(ended.facts)) from None


def _without_tables(facts: Facts) -> Facts:
    return Facts(
        {kind: facts.get(kind) for kind in facts if kind.scope is not Scope.TABLES},
        facts.taken_at,
        subject=facts.subject,
    )


def _given(rulebook: Rulebook) -> dict[type[Fact], Fact | Gap]:
    """Return the facts that no probe looks for: the tables, and what the rulebook says."""
    given: dict[type[Fact], Fact | Gap] = {
        Declared: Declared(printable(rulebook.config), tuple(map(printable, rulebook.sensitive))),
        Expectations: rulebook.expectations,
        Exceptions: rulebook.exceptions,
        **tables(),
    }
    if rulebook.lock != NOT_ASKED:
        given[Lock] = rulebook.lock
    return given


def _checked(endpoints: Mapping[str, str]) -> dict[str, str]:
    """Check the addresses that the user gave."""
    for provider, url in endpoints.items():
        try:
            if "://" in provider or "@" in provider:
                address_key(provider)
        except InvalidEndpoint as error:
            raise UserError("--endpoint takes PROVIDER=URL or HOST:PORT=URL: {reason}", reason=error) from None
        try:
            parse_endpoint(url)
        except InvalidEndpoint as error:
            raise UserError("--endpoint {provider}=…: {reason}", provider=provider, reason=error) from None
    return dict(endpoints)
