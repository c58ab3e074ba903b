"""The first settings of a project, from what is installed and found; nothing that is there is ever overwritten."""

import json
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from modelcheck import __version__
from modelcheck.app.errors import UserError
from modelcheck.app.options import Options
from modelcheck.app.places import project_root
from modelcheck.app.precheck import look_at_inventory
from modelcheck.app.rulebook import project_settings
from modelcheck.core.facts import Facts
from modelcheck.core.gap import Gap
from modelcheck.core.graphics import Gpus
from modelcheck.core.machine import Inventory
from modelcheck.core.text import printable
from modelcheck.probes.access import CONFIG
from modelcheck.probes.elsewhere import configurations
from modelcheck.probes.files import Unreadable, inside
from modelcheck.profiles.settings import YAML_NAME
from modelcheck.profiles.shipped import names, profile

WORKFLOW = ".github/workflows/modelcheck.yml"
LIMIT_S = 5.0
"""How long one probe may take: what does not answer by then is not written down."""
MOST_CARDS = 8
MOST_MODELS = 12
MOST_PATH = 500
MOST_NAME = 100
"""Characters of a card's or a model's name."""


@dataclass(frozen=True)
class Found:
    """What there is to start from."""

    root: Path
    configurations: tuple[str, ...]
    """Native configurations, relative to the project; the usual place first."""
    cards: tuple[str, ...]
    """Graphics cards by name, the largest first."""
    models: tuple[str, ...]
    """Local models by name."""
    has_workflow: bool

    @property
    def profiles(self) -> dict[str, str]:
        """The shipped profiles by name, with their titles."""
        return {name: profile(name).title for name in names()}


@dataclass(frozen=True)
class Chosen:
    """What the settings shall say."""

    config: str | None
    """None: it stays where it usually lies."""
    device: str | None
    profile: str = "default"


def found(options: Options) -> Found:
    """Look at what is here.

    Raises:
        UserError: the project has settings, or is none.

    """
    root = project_root(options.path)
    if os.path.lexists(root / YAML_NAME):
        raise UserError("{file} is there already, and is never overwritten; edit it", file=YAML_NAME)
    place = project_settings(root).place()
    if place is not None:
        raise UserError("{file} has settings for this project already; edit them there", file=place.path)
    usual = (CONFIG,) if (root / CONFIG).is_file() else ()
    others = tuple(one for one in configurations(root) if one != CONFIG and printable(one, MOST_PATH) == one)
    facts = look_at_inventory(options)
    return Found(root, (*usual, *others), _cards(facts), _models(facts), os.path.lexists(root / WORKFLOW))


def defaults(here: Found) -> Chosen:
    """Return what is taken where nobody is asked."""
    config = next(iter(here.configurations), CONFIG)
    return Chosen(None if config == CONFIG else config, next(iter(here.cards), None))


def settings_text(here: Found, chosen: Chosen) -> str:
    """Return the text of the settings; what nobody can know but the project's people is there to be uncommented."""
    config, device = chosen.config, chosen.device
    models = [f"# Models that are here: {', '.join(here.models)}"] if here.models else []
    pair = json.dumps(list(here.models[:2]), ensure_ascii=False) if len(here.models) > 1 else "[one, another]"
    lines = [
        "# What this project intends, for modelcheck. Nothing here can allow anything.",
        f"# Written by `modelcheck init` {__version__}. Take away a leading `# ` to declare a line, with your numbers.",
        f"config: {json.dumps(config, ensure_ascii=False)}" if config else f"# config: {CONFIG}",
        f"profile: {_quoted(chosen.profile)}" if chosen.profile != "default" else "# profile: default",
        "# sensitive: [an-agent]          # agents that must stay local",
        *models,
        "expect:" if device else "# expect:",
        f"  device: {_quoted(device)}" if device else "#   device: 0                  # a card by index, UUID or name",
        *(
            f"#   {line}"
            for line in (
                "concurrency: 4             # requests to the local server at the same time",
                "prompt_tokens: {typical: 800, max: 12000}",
                "context: 16384",
                f"together: [{pair}]",
                "requests_per_minute: 20    # the peak when every request falls back",
            )
        ),
        "# cloud:",
        "#   ids: floating              # or pinned",
        "#   limits: {openai: {requests: 50, input_tokens: 30000}}",
        "#   data: {openai: no personal data}",
    ]
    return "\n".join(lines) + "\n"


def workflow_text() -> str:
    """Return the CI step, pinned to this version."""
    return files("modelcheck.data").joinpath("workflow.yaml").read_text("utf-8").replace("VERSION", __version__)


def write_new(root: Path, name: str, text: str) -> None:
    """Write a file of the project that is not there yet, whole or not at all; no link is followed out of it.

    Raises:
        UserError: it is there, or cannot be written.

    """
    try:
        path = inside(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            try:
                stream.write(text.encode())
                stream.flush()
            except BaseException:
                stream.close()
                path.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise UserError("{file} is there already, and is never overwritten; edit it", file=name) from None
    except OSError as error:
        reason = str(error) if isinstance(error, Unreadable) else error.strerror or type(error).__name__
        raise UserError("{path} cannot be written: {reason}", path=name, reason=reason) from None


def _quoted(text: str) -> str:
    """Return a text as YAML; double quotes hold whatever it is, and it holds no control characters."""
    return json.dumps(printable(text, MOST_NAME), ensure_ascii=False)


def _cards(facts: Facts) -> tuple[str, ...]:
    gpus = facts.get(Gpus)
    cards = [] if isinstance(gpus, Gap) else list(gpus.cards)
    cards.sort(key=lambda card: -card.total if isinstance(card.total, int) else 0)
    named = [printable(card.name, MOST_NAME) for card in cards if isinstance(card.name, str)]
    return tuple(dict.fromkeys(named))[:MOST_CARDS]


def _models(facts: Facts) -> tuple[str, ...]:
    here = facts.get(Inventory)
    listings = [] if isinstance(here, Gap) else [here.servers[server] for server in here.servers]
    entries = [one for listing in listings if not isinstance(listing, Gap) for one in listing.entries]
    return tuple(dict.fromkeys(printable(one.name, MOST_NAME) for one in entries))[:MOST_MODELS]
