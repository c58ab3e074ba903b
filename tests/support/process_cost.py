"""What a process and its children have cost so far, as Linux counts it: CPU time and memory."""

from pathlib import Path

PROC = Path("/proc")
PAGE = 4096
NS = 1e9


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process and its living children, in seconds; 0 where it is not known."""
    return sum(_run_ns(one) for one in (pid, *children(pid))) / NS if pid else 0.0


def resident(pid: int) -> int:
    """Return the memory that a process and its living children hold, in bytes; what they share counts for each."""
    return sum(int((PROC / str(one) / "statm").read_text().split()[1]) * PAGE for one in (pid, *children(pid)))


def _run_ns(pid: int) -> int:
    files = (PROC / str(pid) / "task").glob("*/schedstat")
    return sum(int(one.read_text().split()[0]) for one in files)


def children(pid: int) -> list[int]:
    """Return the living children of a process."""
    found: list[int] = []
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue
        if parent == pid:
            found.append(int(stat.parent.name))
    return found
