"""OpenAI through its own SDK: the free requests about models, with nothing left to its environment."""

from collections.abc import Callable
from typing import TypeVar

import openai

from modelcheck.core.cloud import Lifecycle
from modelcheck.core.gap import Gap
from modelcheck.probes.catalogue import Refused, model_of, models_of
from modelcheck.probes.door import Door
from modelcheck.probes.refusal import failure, refusal, unexpected
from modelcheck.probes.secret import Secret

T = TypeVar("T")


class OpenAICatalogue:
    """The models that a key sees at OpenAI.

    An empty text keeps the SDK from OPENAI_ADMIN_KEY, OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_WEBHOOK_SECRET;
    the other arguments from OPENAI_API_KEY and OPENAI_BASE_URL.
    """

    def __init__(self, key: Secret, door: Door) -> None:
        self._client = openai.OpenAI(
            api_key=key.reveal(),
            admin_api_key="",
            organization="",
            project="",
            webhook_secret="",
            base_url=door.base_url,
            timeout=door.timeout,
            max_retries=0,
            http_client=door.client(),
        )
        # OPENAI_CUSTOM_HEADERS: no argument refuses it, and it may replace the key.
        self._client._custom_headers = {}  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        # Else the SDK starts `uname -p` to describe this machine in a header that is not sent anyway.
        self._client._platform = "Unknown"  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    def listed(self) -> dict[str, Lifecycle | Gap]:
        """Return the models on the list, which has no pages."""
        return _told(lambda: models_of(self._client.models.list()))

    def described(self, model: str) -> Lifecycle | Gap:
        """Return what is said of one model."""
        return _told(lambda: model_of(self._client.models.retrieve(model)))


def _told(ask: Callable[[], T]) -> T:
    """Ask; what the SDK raises is reduced to words of ours, since its messages repeat parts of keys."""
    refused: Refused
    try:
        return ask()
    except openai.APIStatusError as error:
        refused = refusal(error.status_code, (error.code, error.type), error.message, type(error).__name__)
    except openai.APIConnectionError as error:
        refused = failure(error)
    except Exception:  # noqa: BLE001 - whatever is raised over what a server made up
        refused = unexpected()
    raise refused  # outside the handlers, so that it does not carry the SDK's error along
