"""nginx as a plain reverse proxy, to compare with: a child with a configuration of its own, always stopped."""

import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

START_S = 10

CONFIGURATION = """
daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 100000000;
  upstream behind {{ server 127.0.0.1:{upstream}; keepalive 1024; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://behind;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 3600s;
    }}
  }}
}}
"""


@contextmanager
def nginx(folder: Path, upstream: int, workers: str) -> Generator[tuple[int, int]]:
    """Run nginx in front of a port; its own port, and the process whose children do the work."""
    folder.mkdir()
    port = _free_port()
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, workers=workers, port=port, upstream=upstream))
    command = ["nginx", "-p", str(folder), "-c", str(file), "-e", "stderr"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
        try:
            _wait(port, running)
            yield port, running.pid
        finally:
            running.terminate()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _wait(port: int, running: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and running.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"nginx does not listen; it ended with {running.poll()}")
