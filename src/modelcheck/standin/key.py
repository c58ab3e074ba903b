"""Made-up keys: accepted by the stand-in alone, with the shape of a provider's real ones."""

import base64
import hashlib


def made_up_key(provider: str) -> str:
    """The key that the stand-in accepts for `anthropic` or `openai`: always the same, and good for nothing else.

    Raises ValueError for another provider.
    """
    noise = base64.urlsafe_b64encode(hashlib.shake_256(f"stand-in {provider}".encode()).digest(240)).decode()
    match provider:
        case "anthropic":
            return "-".join(("sk", "ant", "api03", noise[:93])) + "AA"
        case "openai":
            return "-".join(("sk", "proj", noise[:74])) + "T3BlbkFJ" + noise[74:148]
        case _:
            raise ValueError(f"the stand-in has no key for {provider!r}")
