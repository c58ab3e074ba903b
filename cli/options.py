"""The options that every command that looks shares, declared once and handed over as one value."""

import inspect
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Concatenate, ParamSpec, get_type_hints

import typer

from modelcheck.app.configured import configured
from modelcheck.app.errors import UserError
from modelcheck.app.options import Options

P = ParamSpec("P")

PathArgument = Annotated[Path, typer.Argument(help="The project's folder.", show_default="here")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on standard output, and nothing else there.")]
VerboseOption = Annotated[bool, typer.Option("-v", "--verbose", help="Also what passed, and why.")]


ProfileOption = Annotated[
    str | None,
    typer.Option(metavar="NAME|PATH", help="What counts as good enough: default, static, or a file of the project."),
]
OfflineOption = Annotated[bool | None, typer.Option("--offline/--online", help="Contact loopback addresses alone.")]
EndpointOption = Annotated[
    list[str] | None, typer.Option(metavar="PROVIDER=URL", help="Where a provider is; its key may go there.")
]
ModelsDirOption = Annotated[list[Path] | None, typer.Option(help="A store or a folder of models.")]
TrustHostOption = Annotated[
    list[str] | None, typer.Option(metavar="HOST", help="A host that may be contacted; it never gets a key.")
]


def options(
    path: PathArgument = Path(),
    *,
    profile: ProfileOption = None,
    offline: OfflineOption = None,
    endpoint: EndpointOption = None,
    models_dir: ModelsDirOption = None,
    env_file: Annotated[list[Path] | None, typer.Option(help="A file with keys, read for the names needed.")] = None,
    key_env: Annotated[
        list[str] | None, typer.Option(metavar="PROVIDER=NAME", help="The variable that holds a provider's key.")
    ] = None,
    trust_host: TrustHostOption = None,
    path_map: Annotated[
        list[str] | None,
        typer.Option("--path-map", "--paths", metavar="FROM=TO", help="Where a path that the project names lies here."),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="CHECK", help="Judge these checks alone.")] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="CHECK", help="Leave these checks out.")] = None,
    from_: Annotated[
        Path | None, typer.Option("--from", metavar="FACTS", help="Judge a facts file instead of looking.")
    ] = None,
    fail_under: Annotated[float | None, typer.Option(min=0, max=100, help="The least score for the gate.")] = None,
    min_coverage: Annotated[
        float | None, typer.Option(min=0, max=100, help="The least share seen for the gate, in per cent.")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="BASE", help="A checkout of the base, or a report of it: what judges comes from there."),
    ] = None,
    max_drop: Annotated[
        float | None, typer.Option(min=0, max=100, help="How far the score may fall below the baseline's.")
    ] = None,
    machine_facts: Annotated[
        Path | None, typer.Option(metavar="FACTS", help="Read the project anew and reuse what this file saw else.")
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="Judge what the last look at this project saw.")] = False,
    today: Annotated[
        str | None, typer.Option(metavar="DATE", help="Decide as of this date, YYYY-MM-DD, with --from.")
    ] = None,
) -> Options:
    """Gather what the user asked for: here, in the environment, and in the settings file of their own."""
    plain = Options(
        path=path, only=tuple(only or ()), skip=tuple(skip or ()), facts=from_, today=_date(today), last=last
    )
    asked = {
        "profile": profile,
        "offline": offline,
        "endpoints": _pairs("--endpoint", endpoint, "ollama=http://127.0.0.1:11434"),
        "paths": _pairs("--path-map", path_map, "/models=D:\\models", fold=False),
        "models_dirs": _texts(models_dir),
        "env_files": _texts(env_file),
        "key_variables": _pairs("--key-env", key_env, "openai=WORK_OPENAI_KEY"),
        "trust_hosts": trust_host,
        "fail_under": fail_under,
        "min_coverage": min_coverage,
        "max_drop": max_drop,
        "baseline": None if baseline is None else str(baseline),
        "machine_facts": None if machine_facts is None else str(machine_facts),
    }
    return configured(plain, {key: value for key, value in asked.items() if value not in (None, [], {})})


def inventory_options(
    *,
    path: Annotated[Path, typer.Option(help="The project's folder.", show_default="here")] = Path(),
    profile: ProfileOption = None,
    offline: OfflineOption = None,
    endpoint: EndpointOption = None,
    models_dir: ModelsDirOption = None,
    trust_host: TrustHostOption = None,
) -> Options:
    """Gather what the user asked for, as far as the inventory goes."""
    return options(
        path, profile=profile, offline=offline, endpoint=endpoint, models_dir=models_dir, trust_host=trust_host
    )


def looks(command: Callable[Concatenate[Options, P], None]) -> Callable[..., None]:
    """Give a command the options of an audit in front of its own; it receives them as one `Options`."""
    return _shared(options, command)


def looks_at_inventory(command: Callable[Concatenate[Options, P], None]) -> Callable[..., None]:
    """Give a command the options that concern the inventory."""
    return _shared(inventory_options, command)


def _shared(gather: Callable[..., Options], command: Callable[..., None]) -> Callable[..., None]:
    shared = list(inspect.signature(gather).parameters.values())
    own = list(inspect.signature(command).parameters.values())[1:]

    def run(**given: object) -> None:
        mine = {parameter.name: given.pop(parameter.name) for parameter in own}
        command(gather(**given), **mine)

    hints = {**get_type_hints(gather, include_extras=True), **get_type_hints(command, include_extras=True)}
    parameters = [
        parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in (*shared, *own)
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def _date(text: str | None) -> str | None:
    try:
        return text if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        raise UserError("--today takes a date such as 2026-11-22") from None


def _texts(paths: list[Path] | None) -> list[str]:
    return [str(path) for path in paths or ()]


def _pairs(option: str, given: list[str] | None, such: str, *, fold: bool = True) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for item in given or ():
        name, equals, value = item.partition("=")
        if not (name.strip() and equals and value.strip()):
            raise UserError("{option} takes NAME=VALUE, such as {option} {such}", option=option, such=such)
        pairs[name.strip().lower() if fold else name.strip()] = value.strip()
    return pairs
