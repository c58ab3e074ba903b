"""The words of a refusal: which rule, what was asked for, the nearest local models, and what to do."""

from modelcheck.core.ruling import Action, Reason, Ruling
from modelcheck.core.text import printable

_SHOWN = 120

_WORDS = {
    Reason.NOT_HERE: "'{name}' is not in the local inventory, and nothing is downloaded",
    Reason.NOT_CHECKED: "whether '{name}' is here could not be checked, so it is refused",
    Reason.INVALID_NAME: "'{name}' is no model name that Ollama takes",
    Reason.CLOUD: "'{name}' is a model of Ollama's cloud; requests stay on this machine",
    Reason.STUB: "'{name}' holds no weights: it would send requests to another machine",
    Reason.BROKEN: "'{name}' is listed, but part of its weights is missing",
    Reason.SUBSTITUTED: "'{name}' is not here, and another model would answer in its place",
    Reason.NO_NAME: "the request names no model",
    Reason.TWO_NAMES: "the request names two different models",
    Reason.CLOSED: "'{action}' is closed here",
    Reason.WEB_SEARCH: "the request lets the server search the web; requests stay on this machine",
    Reason.REMOTE_FILE: "the request names an image or a file by an address; send the data itself",
}
_OPENED = "; `modelcheck pull {name} --because …` can allow this one pull"


def words_of(ruling: Ruling) -> str:
    """Return the sentence of a refusal; names are shown printable and cut."""
    if ruling.reason is None:
        return ""
    name = printable(ruling.name, _SHOWN)
    said = f"modelcheck guard: {_WORDS[ruling.reason].format(name=name, action=ruling.intent.action.value)}"
    if ruling.near:
        said += f"; nearest here: {', '.join(printable(one.name, _SHOWN) for one in ruling.near)}"
    if ruling.reason is Reason.NOT_HERE and ruling.intent.action is Action.PULL:
        said += _OPENED.format(name=name)
    return f"{said} [{ruling.reason}]"
