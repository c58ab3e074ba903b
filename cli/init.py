"""`modelcheck init`: a first modelcheck.yaml from what is installed and found, and the CI step where it is wanted."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from modelcheck.app.errors import UserError
from modelcheck.app.initial import (
    LIMIT_S,
    WORKFLOW,
    Chosen,
    Found,
    defaults,
    found,
    settings_text,
    workflow_text,
    write_new,
)
from modelcheck.cli.options import EndpointOption, ModelsDirOption, OfflineOption, PathArgument, inventory_options
from modelcheck.cli.output import console
from modelcheck.core.sentence import Told
from modelcheck.profiles.settings import YAML_NAME
from modelcheck.reports.lang import told, words
from modelcheck.reports.welcome import print_next


def init(
    path: PathArgument = Path(),
    *,
    language: str,
    offline: OfflineOption = None,
    endpoint: EndpointOption = None,
    models_dir: ModelsDirOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be written, and write nothing.")] = False,
    ci: Annotated[bool, typer.Option("--ci", help=f"Also write {WORKFLOW}.")] = False,
) -> None:
    """Write a first modelcheck.yaml from what is installed; asks on a terminal, never overwrites."""
    options = inventory_options(path=path, offline=offline, endpoint=endpoint, models_dir=models_dir)
    here = found(replace(options, limit_s=LIMIT_S))
    if ci and here.has_workflow:
        raise UserError("{file} is there already, and is never overwritten; edit it", file=WORKFLOW)
    asking = not dry_run and _is_asked()
    chosen = _ask(here, defaults(here), language) if asking else defaults(here)
    texts = {YAML_NAME: settings_text(here, chosen)}
    if ci or (asking and not here.has_workflow and _confirmed("Also write the CI step, {file}?", language)):
        texts[WORKFLOW] = workflow_text()
    if dry_run:
        for name, text in texts.items():
            sys.stdout.write(f"# {name}\n{text}")
        return
    for name, text in texts.items():
        write_new(here.root, name, text)
        sys.stdout.write(told(Told("{file} is written", file=name), language) + "\n")
    print_next("after-init", console(), words(language))


def _is_asked() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask(here: Found, usual: Chosen, language: str) -> Chosen:
    """Ask for each choice that is one, with what was found as its default."""
    config, device = usual.config, usual.device
    if len(here.configurations) > 1:
        config = _one_of("Where are the models of the project named?", here.configurations, language)
    if len(here.cards) > 1:
        device = _one_of("Which graphics card does Ollama use?", here.cards, language)
    elif device is not None and not _confirmed("Does Ollama use the {card}?", language, default=True, card=device):
        device = None
    profile = _one_of("Which profile shall judge?", tuple(here.profiles), language, usual.profile)
    return Chosen(config, device, profile)


def _one_of(question: str, offered: tuple[str, ...], language: str, default: str = "") -> str:
    """Let one of several be chosen by its number."""
    numbered = {str(number): each for number, each in enumerate(offered, 1)}
    sys.stderr.write("".join(f"  {number}  {each}\n" for number, each in numbered.items()))
    usual = offered.index(default) + 1 if default in offered else 1
    refusal = told(Told("a number from 1 to {most}", most=len(offered)), language)

    def picked(answer: str) -> str:
        if answer.strip() not in numbered:
            raise typer.BadParameter(refusal)
        return numbered[answer.strip()]

    try:
        choice: str = typer.prompt(told(Told(question), language), default=str(usual), value_proc=picked, err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None
    return choice


def _confirmed(question: str, language: str, *, default: bool = False, **parameters: object) -> bool:
    try:
        return typer.confirm(told(Told(question, **parameters), language), default=default, err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None
