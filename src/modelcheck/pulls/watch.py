"""The watch over one test: told of every request and every host, it stops what would pull, and remembers it."""

import socket
from collections import Counter
from typing import NoReturn

import pytest

from modelcheck.core.sentence import fill
from modelcheck.pulls.culprit import Body, culprit, download
from modelcheck.pulls.registries import Registry
from modelcheck.pulls.request import route, wish

PULLS = (
    "{who} asks {host} to {verb} {model}; it was stopped, and nothing was sent. "
    "modelcheck.require_local({quoted}) returns the name of a model that is here and pulls none. "
    "A test that is meant to pull is marked @pytest.mark.may_pull"
)
DOWNLOADS = (
    "{who} downloads {what} from {host} ({registry}); it was stopped, and nothing was sent. "
    "With local_files_only=True or HF_HUB_OFFLINE=1 only files that are here are used, "
    "and modelcheck.require_local(name) does the same for models of an Ollama server. "
    "A test that is meant to download is marked @pytest.mark.may_pull"
)
CONTACTS = (
    "{who} contacts {host} ({registry}), from which models are downloaded; it was stopped, and nothing was sent. "
    "Use files that are here, or modelcheck.require_local(name) for models of an Ollama server. "
    "A test that is meant to go there is marked @pytest.mark.may_pull"
)
SOMETHING = "a model"
SOMEBODY = "code in a thread of its own"


class Watch:
    """Stops pulls by failing the test, in a way that `except Exception` does not catch."""

    def __init__(self, registries: tuple[Registry, ...], folder: str) -> None:
        self._registries = registries
        self._folder = folder
        self._untold: list[str] = []
        self._harmless: Counter[str] = Counter()  # by route: told whole by their clients, not yet seen on the wire

    def request(self, method: str, host: str, target: str, body: Body, *, on_wire: bool = False) -> None:
        """Take note of a request that is about to be sent.

        Args:
            method: as on the request line.
            host: the server's, "" where it is not known.
            target: a path or a whole address.
            body: gives what is known of the body.
            on_wire: whether a socket tells it, which gets the head first; its client may have told the whole before.

        Raises:
            pytest.fail.Exception: it would pull.
            OSError: it only asks whether a file that is in the cache has changed.

        """
        __tracebackhide__ = True
        self.host(host)
        found = route(method, target)
        if found is None:
            return
        seen = body()
        if on_wire and not seen and self._harmless[found]:
            self._harmless[found] -= 1
            return
        wanted = wish(found, seen)
        if wanted is None:
            self._harmless[found] = max(0, self._harmless[found] + (-1 if on_wire else 1))
            return
        quoted = repr(wanted.model) if wanted.model else "name"
        server, model = host or "a server", wanted.model or SOMETHING
        self._stop(PULLS, host=server, verb=wanted.verb, model=model, quoted=quoted)

    def host(self, host: object) -> None:
        """Take note of a host that is about to be looked up or connected to; raises as `request` does."""
        __tracebackhide__ = True
        name = host.decode("latin-1") if isinstance(host, bytes) else host
        if not isinstance(name, str) or "." not in name:
            return
        name = name.lower().rstrip(".")
        registry = next((one for one in self._registries if one.holds(name)), None)
        if registry is None:
            return
        wanted = download()
        if wanted is None:
            self._stop(CONTACTS, host=name, registry=registry.name)
        if wanted.is_local:
            raise socket.gaierror(
                socket.EAI_NONAME, f"modelcheck keeps this test from {name}; files that are here are used"
            )
        self._stop(DOWNLOADS, host=name, registry=registry.name, what=wanted.what or SOMETHING)

    def tell(self, error: BaseException | None) -> None:
        """Fail where something was stopped in a phase of the test, and how that ended does not say so itself.

        Args:
            error: what ended the phase, None where all went well.

        """
        untold, self._untold = tuple(dict.fromkeys(self._untold)), []
        if isinstance(error, KeyboardInterrupt | SystemExit | pytest.exit.Exception) or str(error) in untold:
            return
        if untold:
            raise pytest.fail.Exception("\n".join(untold), pytrace=False) from error

    def _stop(self, sentence: str, **params: object) -> NoReturn:
        __tracebackhide__ = True
        message = fill(sentence, who=culprit(self._folder) or SOMEBODY, **params)
        self._untold.append(message)
        pytest.fail(message)
