"""A small Linux machine under a folder: its sockets, its processes and its units."""

from dataclasses import dataclass
from pathlib import Path

from modelcheck.probes.serving.roots import LINUX, Roots

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LOOPBACK, EVERYWHERE, LAN = "0100007F", "00000000", "0701A8C0"
"""127.0.0.1, 0.0.0.0 and 192.168.1.7 as a machine with little-endian words writes them."""


@dataclass
class Machine:
    root: Path

    @property
    def roots(self) -> Roots:
        return Roots(LINUX, self.root, self.root / "home" / "anna", {})

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def socket(self, address: str, port: int, inode: int = 100, state: str = "0A") -> None:
        """Add a socket to the kernel's table of its family."""
        name = "proc/net/tcp6" if len(address) > 8 else "proc/net/tcp"
        before = (self.root / name).read_text() if (self.root / name).exists() else HEADER
        zero = "0" * len(address)
        row = (
            f"   0: {address}:{port:04X} {zero}:0000 {state} 00000000:00000000 00:00000000 00000000   0  0 {inode} 1 x"
        )
        self.write(name, before + row + "\n")

    def process(
        self, pid: int, values: dict[str, str], inode: int | None = 100, name: str = "ollama", verb: str = "serve"
    ) -> Path:
        """Add a process with its environment and one open socket."""
        folder = self.root / "proc" / str(pid)
        self.write(f"proc/{pid}/comm", f"{name}\n")
        self.write(f"proc/{pid}/cmdline", f"/usr/bin/{name}\0{verb}\0")
        self.write(f"proc/{pid}/environ", "".join(f"{key}={value}\0" for key, value in values.items()))
        self.write(f"proc/{pid}/cgroup", "0::/system.slice/ollama.service\n")
        (folder / "fd").mkdir()
        (folder / "fd" / "0").symlink_to("/dev/null")
        if inode is not None:
            (folder / "fd" / "3").symlink_to(f"socket:[{inode}]")
        return folder
