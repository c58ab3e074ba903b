"""File descriptors: each stream takes two, and many systems allow a process 1,024 unless it asks for more."""

WANTED = 16_384


def allow_many() -> None:
    """Ask the system for as many open connections as it lets this process have; nothing changes where it does not."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
