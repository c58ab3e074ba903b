"""Faults: why a request is answered here with an error; each has an id, a status and words for whoever sent it."""

from enum import StrEnum
from http import HTTPStatus

from modelcheck.core.ruling import Reason, Ruling

LONGEST = 400
"""Characters of the words of one refusal."""


class Fault(StrEnum):
    """What is wrong with a request, or with its upstream, before or beside any ruling."""

    MALFORMED = "malformed"
    """It is no request as RFC 9112 writes them, or one that two servers could read in two ways."""
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    BUSY = "busy"
    ENDING = "ending"
    """The guard has been asked to end."""
    HOST = "host"
    ORIGIN = "origin"
    TOKEN = "token"  # noqa: S105 - the id of a refusal
    ROUTE = "route"
    """The method and the path are on no list of what may pass."""
    ENCODING = "encoding"
    BODY = "body"
    """The body is not the one strict document that the route takes."""
    EXCEPTION = "exception"
    """No fault: the operator's exception let a request pass, which is written down like a refusal."""
    UPSTREAM = "upstream"
    """The upstream did not answer, or not in a way that may be passed back."""


STATUS = {
    Fault.MALFORMED: HTTPStatus.BAD_REQUEST,
    Fault.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Fault.TOO_SLOW: HTTPStatus.REQUEST_TIMEOUT,
    Fault.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Fault.ENDING: HTTPStatus.SERVICE_UNAVAILABLE,
    Fault.HOST: HTTPStatus.FORBIDDEN,
    Fault.ORIGIN: HTTPStatus.FORBIDDEN,
    Fault.TOKEN: HTTPStatus.UNAUTHORIZED,
    Fault.ROUTE: HTTPStatus.FORBIDDEN,
    Fault.ENCODING: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Fault.BODY: HTTPStatus.BAD_REQUEST,
    Fault.EXCEPTION: HTTPStatus.OK,
    Fault.UPSTREAM: HTTPStatus.BAD_GATEWAY,
}


class Refused(Exception):
    """A request that is answered here with an error; the words name what to do, and quote no prompt."""

    def __init__(
        self, reason: Fault | Reason, words: str, *, status: int | None = None, ruling: Ruling | None = None
    ) -> None:
        super().__init__(words)
        self.reason = reason
        self.words = words[:LONGEST]
        self.ruling = ruling
        """What was ruled, where the request was understood."""
        self.status = status or (STATUS[reason] if isinstance(reason, Fault) else HTTPStatus.FORBIDDEN)
