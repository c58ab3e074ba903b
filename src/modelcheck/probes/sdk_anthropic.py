"""Anthropic through its own SDK: the free requests about models, with nothing left to its environment."""

from collections.abc import Callable
from typing import TypeVar

import anthropic

from modelcheck.core.cloud import Lifecycle
from modelcheck.core.gap import Gap
from modelcheck.probes.catalogue import MOST_PAGES, Refused, model_of, models_of
from modelcheck.probes.door import Door
from modelcheck.probes.refusal import failure, refusal, unexpected
from modelcheck.probes.secret import Secret

T = TypeVar("T")

PAGE = 1000
"""Models on one page, the most that the API gives."""


class AnthropicCatalogue:
    """The models that a key sees at Anthropic.

    Given `api_key`, the SDK reads neither ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_PROFILE, the variables
    of workload identity, nor a profile on disk; given the other arguments, neither ANTHROPIC_BASE_URL,
    ANTHROPIC_WEBHOOK_SIGNING_KEY nor ANTHROPIC_OPEN_TELEMETRY*.
    """

    def __init__(self, key: Secret, door: Door) -> None:
        self._client = anthropic.Anthropic(
            api_key=key.reveal(),
            webhook_key="",
            base_url=door.base_url,
            timeout=door.timeout,
            max_retries=0,
            open_telemetry=False,
            http_client=door.client(),
        )
        # ANTHROPIC_CUSTOM_HEADERS: no argument refuses it, and it may replace the key.
        self._client._custom_headers = {}  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    def listed(self) -> dict[str, Lifecycle | Gap]:
        """Return the models on all pages, at most ten; retired ones are not among them."""
        page = _told(lambda: self._client.models.list(limit=PAGE))
        models = _read(page)
        for _ in range(MOST_PAGES - 1):
            if not _told(page.has_next_page):
                break
            page = _told(page.get_next_page)
            models |= _read(page)
        return models

    def described(self, model: str) -> Lifecycle | Gap:
        """Return what is said of one model; a retired one is still described, and fails in use."""
        return _told(lambda: model_of(self._client.models.retrieve(model)))


def _read(page: object) -> dict[str, Lifecycle | Gap]:
    return _told(lambda: models_of(page))


def _told(ask: Callable[[], T]) -> T:
    """Ask; what the SDK raises is reduced to words of ours, since its messages repeat parts of keys."""
    refused: Refused
    try:
        return ask()
    except anthropic.APIStatusError as error:
        refused = refusal(error.status_code, (error.error_code, error.type), error.api_message, type(error).__name__)
    except anthropic.APIConnectionError as error:
        refused = failure(error)
    except Exception:  # noqa: BLE001 - whatever is raised over what a server made up
        refused = unexpected()
    raise refused  # outside the handlers, so that it does not carry the SDK's error along
