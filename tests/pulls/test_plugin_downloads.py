"""Downloads from registries: by small imitations of the libraries, and by the real ones where they are installed."""

from pathlib import Path

import pytest
from pytest_run import Run, run

HUB = '''
"""As huggingface_hub does it: it asks the hub first, and uses the cache where the hub is not reached."""
import os, httpx

def hf_hub_download(repo_id, filename, *, revision=None, cache_dir=None, force_download=False, local_files_only=False):
    path = os.path.join(cache_dir or "cache", repo_id, filename)
    if local_files_only:
        if os.path.exists(path): return path
        raise FileNotFoundError(path)
    try:
        httpx.head(f"https://huggingface.co/{repo_id}/resolve/main/{filename}")
    except httpx.ConnectError:
        if os.path.exists(path) and not force_download: return path
        raise
    return path

def snapshot_download(repo_id, *, cache_dir=None, local_files_only=False):
    path = os.path.join(cache_dir or "cache", repo_id)
    if not local_files_only:
        try: httpx.get(f"https://huggingface.co/api/models/{repo_id}/revision/main")
        except httpx.ConnectError: pass
    if os.path.isdir(path): return path
    raise FileNotFoundError(path)

def model_info(repo_id): httpx.get(f"https://huggingface.co/api/models/{repo_id}")
'''
LLAMA = """
import httpx
class Llama:
    @classmethod
    def from_pretrained(cls, repo_id, filename=None, **kwargs):
        httpx.get(f"https://huggingface.co/api/models/{repo_id}/tree/main")
        return cls()
"""
DOWNLOADS = """
import os, threading, pytest
import huggingface_hub as hub
pytestmark = pytest.mark.no_pull

@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "org" / "small"
    folder.mkdir(parents=True)
    folder.joinpath("config.json").write_text("{}")
    return str(tmp_path)

def test_stopped_file(cache): hub.hf_hub_download("org/small", "weights.bin", cache_dir=cache)
def test_stopped_snapshot(cache): hub.snapshot_download("org/large", cache_dir=cache)
def test_stopped_by_force(cache): hub.hf_hub_download("org/small", "config.json", cache_dir=cache, force_download=True)
def test_stopped_llama():
    import llama_cpp
    llama_cpp.Llama.from_pretrained(repo_id="org/large", filename="*q4.gguf")
def test_stopped_info(): hub.model_info("org/small")
def test_cached_file(cache): assert os.path.exists(hub.hf_hub_download("org/small", "config.json", cache_dir=cache))
def test_cached_snapshot(cache): assert hub.snapshot_download("org/small", cache_dir=cache)
def test_local_only(cache):
    assert hub.hf_hub_download("org/small", "config.json", cache_dir=cache, local_files_only=True)
def test_local_only_absent(cache):
    with pytest.raises(FileNotFoundError): hub.hf_hub_download("org/x", "y", cache_dir=cache, local_files_only=True)
"""
REAL = """
import os, pytest
hub = pytest.importorskip("huggingface_hub")
pytestmark = pytest.mark.no_pull

@pytest.fixture
def cache(tmp_path):
    folder, commit = tmp_path / "models--org--small", "a" * 40
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(commit)
    (folder / "snapshots" / commit).mkdir(parents=True)
    (folder / "snapshots" / commit / "config.json").write_text("{}")
    return tmp_path

def test_stopped_file(cache): hub.hf_hub_download("org/small", "weights.bin", cache_dir=cache)
def test_stopped_snapshot(cache): hub.snapshot_download("org/large", cache_dir=cache)
def test_stopped_info(): hub.model_info("org/small")
def test_cached_file(cache): assert os.path.exists(hub.hf_hub_download("org/small", "config.json", cache_dir=cache))
def test_cached_snapshot(cache): assert hub.snapshot_download("org/small", cache_dir=cache)
def test_local_only(cache):
    assert hub.hf_hub_download("org/small", "config.json", cache_dir=cache, local_files_only=True)
"""
CONTACTS = """
import asyncio, http.client, os, socket, ssl, urllib.request
import httpx, pytest
pytestmark = pytest.mark.no_pull

def test_stopped_lookup(): socket.getaddrinfo("registry.ollama.ai", 443)
def test_stopped_bytes(): socket.gethostbyname(b"REGISTRY.ollama.ai.")
def test_stopped_connection(): socket.create_connection(("cdn-lfs.hf.co", 443), timeout=1)
def test_stopped_connect():
    with socket.socket() as one: one.connect(("huggingface.co", 443))
def test_stopped_http(): httpx.get("https://www.modelscope.cn/api")
def test_stopped_urllib(): urllib.request.urlopen("https://huggingface.co/gpt2")
def test_stopped_mirror(): socket.getaddrinfo("models.example.org", 443)
def test_stopped_behind_a_proxy():
    with httpx.Client(proxy="http://127.0.0.1:9") as client: client.get("https://huggingface.co/gpt2")
def test_stopped_tunnel():
    connection = http.client.HTTPConnection("127.0.0.1", 9)
    connection.set_tunnel("registry.ollama.ai", 443)
    connection.request("GET", "/v2/library/llama3/manifests/latest")
def test_stopped_connect_line():
    one, other = socket.socketpair()
    with one, other: one.sendall(b"CONNECT registry.ollama.ai:443 HTTP/1.1\\r\\n\\r\\n")
def test_stopped_asyncio(): asyncio.run(asyncio.open_connection("registry.ollama.ai", 443))
def test_stopped_name_in_tls():
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="huggingface.co")
def test_stopped_name_by_position():
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), False, "huggingface.co")
def test_other_hosts():
    for name in ("router.huggingface.co", "xhuggingface.co.invalid", "huggingface.co.invalid", "ollama.ai.invalid"):
        try: socket.getaddrinfo(name, 443)
        except socket.gaierror: pass
def test_this_machine(): assert socket.getaddrinfo("127.0.0.1", 80) and socket.getaddrinfo(None, 80)
"""
AIOHTTP = """
import asyncio, pytest
aiohttp = pytest.importorskip("aiohttp")
pytestmark = pytest.mark.no_pull

def post(address, **sent):
    async def go():
        async with aiohttp.ClientSession() as session:
            async with session.post(address, **sent) as response: return await response.read()
    return asyncio.run(go())

def test_stopped(): post("http://127.0.0.1:9/api/pull", json={"model": "org/large"})
def test_stopped_text(): post("http://127.0.0.1:9/api/%70ull", data='{"model": "org/large"}')
def test_stopped_host(): post("https://huggingface.co/api/models/org/large")
"""


def judged(done: Run, named: str) -> None:
    """Hold that exactly what is called so was stopped, and that it says what it is about."""
    stopped = {name for name, told in done.outcomes.items() if "nothing was sent" in told}
    assert stopped == {name for name in done.outcomes if name.startswith("test_stopped")}, done.shown
    others = {told for name, told in done.outcomes.items() if name not in stopped}
    assert others <= {"passed"}, done.shown
    assert all(named in done.outcomes[name] for name in stopped if named)
    assert stopped


@pytest.fixture
def libraries(tmp_path: Path) -> Path:
    tmp_path.joinpath("huggingface_hub.py").write_text(HUB, encoding="utf-8")
    tmp_path.joinpath("llama_cpp.py").write_text(LLAMA, encoding="utf-8")
    return tmp_path


def test_downloads_of_what_is_not_in_the_cache_are_stopped(libraries: Path) -> None:
    done = run(libraries, DOWNLOADS, PYTHONPATH=str(libraries))

    judged(done, "huggingface.co")
    assert "downloads org/small/weights.bin from huggingface.co (Hugging Face)" in done.outcomes["test_stopped_file"]
    assert "downloads org/large/*q4.gguf from huggingface.co" in done.outcomes["test_stopped_llama"]
    assert "contacts huggingface.co" in done.outcomes["test_stopped_info"]


def test_the_real_library_downloads_nothing(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")

    judged(run(tmp_path, REAL), "huggingface.co")


def test_the_real_aiohttp_pulls_nothing(tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")

    judged(run(tmp_path, AIOHTTP), "")


def test_contacts_with_registries_are_stopped(tmp_path: Path) -> None:
    done = run(tmp_path, CONTACTS, HF_ENDPOINT="https://models.example.org/hub")

    judged(done, "from which models are downloaded")
    assert "models.example.org (HF_ENDPOINT)" in done.outcomes["test_stopped_mirror"]
    assert "registry.ollama.ai (Ollama's registry)" in done.outcomes["test_stopped_lookup"]
