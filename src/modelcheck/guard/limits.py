"""The limits of the guard: what one request, one connection and all of them together may take."""

import msgspec

MIB = 1 << 20


class Limits(msgspec.Struct, frozen=True):
    """Numbers that keep one caller from costing all others the service; times are seconds, sizes are bytes."""

    head: int = 32 << 10
    headers: int = 100
    target: int = 4 << 10
    body: int = 64 * MIB
    """Of one request, as it arrives and as it is written anew."""
    bodies: int = 512 * MIB
    """Of all requests that are being read or wait for their upstream."""
    answer: int = 32 * MIB
    """Of an answer that is read whole before it is passed on, such as a list of models."""
    connections: int = 2048
    waiting: int = 512
    """Requests that wait until the inventory has been read again."""
    head_s: float = 10
    """From the first byte of a request to the end of its head."""
    body_s: float = 120
    idle_s: float = 75
    """Between two requests of one connection."""
    stuck_s: float = 300
    """For which a caller may take nothing of an answer that waits for it."""
    connect_s: float = 5
    read_s: float = 5
    """For which the guard itself waits for a list of models."""
    silence_s: float = 3600
    """For which the upstream may say nothing while it works on a request: loading a large model takes minutes."""
    drain_s: float = 30
    """For which running requests may go on once the guard has been asked to end."""
    fresh_s: float = 2
    """Age of the inventory up to which a request goes on while the cloud is not disabled upstream."""
    refresh_s: float = 4
    """Age at which the inventory is read again in any case."""
    last_known_s: float = 60
    """Age up to which names go on while the inventory cannot be read and the cloud was disabled."""
    idle_upstream: int = 128
    """Connections to the upstream that are kept open for the next request."""
