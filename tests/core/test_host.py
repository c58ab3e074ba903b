"""Addresses are read as Ollama reads them, judged strictly, and never shown with a secret."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.host import (
    MAX_TEXT,
    Endpoint,
    InvalidEndpoint,
    ListenAddress,
    listen_address,
    parse_endpoint,
    read_ollama_host,
)

VECTORS: list[dict[str, str]] = json.loads((Path(__file__).parent / "vectors/host_vectors.json").read_text("utf-8"))

READERS = [read_ollama_host, listen_address, parse_endpoint]

any_text = st.text(st.characters(exclude_categories=()))
fragments = st.sampled_from(
    [
        *("http://", "HTTPS://", "://", "user:pw@", "localhost", "ollama.com", "127.0.0.1", "0.0.0.0", "2130706433"),
        *("::1", "::", "::ffff:127.0.0.1", "fe80::1%eth0", "11434", "99999", "/v1"),
        *"aZ0:/@[]%.?#\\ \n\t\"'-+_\0\u00e9\u2100",
    ]
)
address_like = st.lists(fragments, max_size=8).map("".join)
hostile = any_text | address_like | address_like.map("http://".__add__)


def ids(vector: dict[str, str]) -> str:
    return repr(vector["Value"])


class TestOllamaHost:
    """OLLAMA_HOST, as client and as server."""

    @pytest.mark.parametrize("vector", VECTORS, ids=ids)
    def test_client_address(self, vector: dict[str, str]) -> None:
        # Ollama dials this machine where the host is empty; a URL has to say so.
        expected = vector["ConnectableHost"].replace("//:", "//127.0.0.1:")
        assert str(read_ollama_host(vector["Value"])) == expected

    @pytest.mark.parametrize("vector", VECTORS, ids=ids)
    def test_listen_address(self, vector: dict[str, str]) -> None:
        assert str(listen_address(vector["Value"])) == vector["ServerListen"]

    @pytest.mark.parametrize(
        ("value", "url"),
        [
            (":8080", "http://127.0.0.1:8080"),
            ("[::]:8080", "http://[::1]:8080"),
            ("[]:8080", "http://127.0.0.1:8080"),
            ("::ffff:0.0.0.0", "http://127.0.0.1:11434"),
            ('"127.0.0.1:8080"', "http://127.0.0.1:8080"),
            (" '127.0.0.1' \n", "http://127.0.0.1:11434"),
            ("http://", "http://127.0.0.1:80"),
            ("https://gpu", "https://gpu:443"),
            ("HTTPS://gpu", "https://gpu:11434"),
            ("http://gpu/", "http://gpu:80"),
            ("http://gpu/a/", "http://gpu:80/a/"),
            ("http://gpu//a", "http://gpu:80/a"),
            ("http://ollama.com", "http://ollama.com:80"),
            ("GPU:8080", "http://gpu:8080"),
            ("gpu:", "http://gpu:11434"),
            ("gpu:-1", "http://gpu:11434"),
            ("gpu:+80", "http://gpu:80"),
            ("gpu:8_0", "http://gpu:11434"),
            ("gpu:65535", "http://gpu:65535"),
            ("gpu:65536", "http://gpu:11434"),
            ("[::1", "http://[::1]:11434"),
            ("[gpu]:80", "http://gpu:80"),
            ("::1:1143", "http://[::1:1143]:11434"),
            ("2001:DB8:0::1", "http://[2001:db8::1]:11434"),
        ],
    )
    def test_odd_values(self, value: str, url: str) -> None:
        assert str(read_ollama_host(value)) == url

    @pytest.mark.parametrize(
        "value",
        [
            "user:pw@gpu",
            "http://user:pw@gpu:80",
            "http://user:p/w@gpu",
            "gpu:80:90",
            "::1:11434",
            "[::1]x",
            "[gpu",
            "fe80::1%eth0",
            "[fe80::1%eth0]:80",
            "gpu name",
            "gpu\r\nHost: other",
            "gp\x00u",
            "gp\u00fc",
            "..",
            "-gpu",
            "a" * 64,
            ".".join(["a" * 63] * 4),
            "gpu/a?key=b",
            "gpu/a#b",
            "x" * (MAX_TEXT + 1),
        ],
    )
    def test_refused_values(self, value: str) -> None:
        with pytest.raises(InvalidEndpoint):
            read_ollama_host(value)

    def test_other_scheme_is_listened_on_but_not_reached(self) -> None:
        assert listen_address("ftp://gpu") == ListenAddress("gpu", 11434)
        with pytest.raises(InvalidEndpoint, match="http"):
            read_ollama_host("ftp://gpu")


class TestExposure:
    """Who can reach a server that listens here."""

    @pytest.mark.parametrize("value", [":8080", ":", "0.0.0.0", "::", "[::]:80", "http://0.0.0.0", "::ffff:0.0.0.0"])
    def test_everyone(self, value: str) -> None:
        address = listen_address(value)
        assert address.is_everywhere
        assert not address.is_loopback

    @pytest.mark.parametrize("value", ["", "127.0.0.1", "127.9.9.9:80", "::1", "[::1]:80", "localhost", "LocalHost:80"])
    def test_this_machine(self, value: str) -> None:
        address = listen_address(value)
        assert address.is_loopback
        assert not address.is_everywhere

    @pytest.mark.parametrize("value", ["192.168.1.5", "gpu", "0", "2130706433", "127.1", "example.com"])
    def test_somebody(self, value: str) -> None:
        address = listen_address(value)
        assert not address.is_loopback
        assert not address.is_everywhere


class TestBaseUrl:
    """The base_url of a configuration."""

    @pytest.mark.parametrize(
        ("url", "endpoint"),
        [
            ("http://localhost:11434", Endpoint("http", "localhost", 11434)),
            ("http://localhost:11434/", Endpoint("http", "localhost", 11434, "/")),
            ("http://localhost:11434/v1", Endpoint("http", "localhost", 11434, "/v1")),
            ("https://api.openai.com/v1/", Endpoint("https", "api.openai.com", 443, "/v1/")),
            ("HTTP://GPU", Endpoint("http", "gpu", 80)),
            ("http://gpu:", Endpoint("http", "gpu", 80)),
            ("http://gpu:00080", Endpoint("http", "gpu", 80)),
            ("http://gpu:65535", Endpoint("http", "gpu", 65535)),
            ("http://my_service:1/a%20b", Endpoint("http", "my_service", 1, "/a%20b")),
            ("http://[::1]:8080/v1", Endpoint("http", "::1", 8080, "/v1")),
            ("http://[2001:DB8::0:1]", Endpoint("http", "2001:db8::1", 80)),
            ("http://[::ffff:127.0.0.1]", Endpoint("http", "127.0.0.1", 80)),
        ],
    )
    def test_is_read(self, url: str, endpoint: Endpoint) -> None:
        assert parse_endpoint(url) == endpoint

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("", "begin with http"),
            ("localhost:11434", "begin with http"),
            ("localhost", "begin with http"),
            ("//localhost", "begin with http"),
            ("file:///etc/passwd", "begin with http"),
            ("ftp://gpu", "begin with http"),
            ("http:gpu", "no host"),
            ("http:///v1", "no host"),
            ("http://:80", "no host"),
            ("http://gpu:80:90", "no host"),
            ("http://::1", "no host"),
            ("http://gpu:abc", "not a number"),
            ("http://gpu:-1", "not a number"),
            ("http://gpu:65536", "not between"),
            ("http://gpu:" + "9" * 1900, "not between"),
            ("http://gpu:0", "port 0"),
            ("http://[::1", "not a URL"),
            ("http://[::1]x:80", "no host|not a URL"),
            ("http://[127.0.0.1]", "no host|not a URL"),
            ("http://[fe80::1%25eth0]", "neither a name|not a URL"),
            ("http://[::g]", "neither a name|not a URL"),
            ("http://${HOST}:80", "neither a name"),
            ("http://a..b", "neither a name"),
            ("http://127.0.0.1%2f", "neither a name"),
            ("http://gpu\\.example.com", "neither a name"),
            ("http://gpu/a\\b", "path"),
            ("http://gpu/{model}", "path"),
            (" http://gpu", "space"),
            ("http://gpu\n", "control"),
            ("http://lo\tcalhost", "control"),
            ("http://\u24d6pu", "outside ASCII"),
            ("http://gpu/v1?key=b", "query"),
            ("http://gpu?", "query"),
            ("http://gpu#", "fragment"),
            ("http://user:pw@gpu", "password"),
            ("http://gpu\\@127.0.0.1", "password"),
            ("http://gpu/" + "x" * MAX_TEXT, "longer than 2000"),
        ],
    )
    def test_is_refused(self, url: str, reason: str) -> None:
        with pytest.raises(InvalidEndpoint, match=reason):
            parse_endpoint(url)

    @pytest.mark.parametrize("read", READERS)
    @pytest.mark.parametrize(
        "text", ["http://u:hunter2@h", "u:hunter2@h", "http://h /hunter2", "http://h\\hunter2", "h\0hunter2"]
    )
    def test_refusal_never_repeats_it(self, read: Callable[[str], object], text: str) -> None:
        with pytest.raises(InvalidEndpoint) as refusal:
            read(text)
        assert "hunter2" not in str(refusal.value)


class TestEndpoint:
    """What an endpoint says of itself."""

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "127.255.0.9", "[::1]", "[::ffff:127.0.0.1]", "localhost", "a.LOCALHOST"]
    )
    def test_is_this_machine(self, host: str) -> None:
        endpoint = parse_endpoint(f"http://{host}")
        assert endpoint.is_loopback
        assert endpoint.is_private

    @pytest.mark.parametrize(
        "host",
        [
            *("10.0.0.1", "172.31.0.1", "192.168.1.5", "100.64.0.1", "169.254.0.1", "0.0.0.0"),
            *("[::]", "[fd00::1]", "[fe80::1]", "[::ffff:192.168.1.5]"),
        ],
    )
    def test_is_near(self, host: str) -> None:
        endpoint = parse_endpoint(f"http://{host}")
        assert not endpoint.is_loopback
        assert endpoint.is_private

    @pytest.mark.parametrize(
        "host",
        [
            *("2130706433", "0", "127.1", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "[::127.0.0.1]", "[64:ff9b::7f00:1]"),
            *("localhost.", "notlocalhost", "localhost.example.com", "127.0.0.1.example.com", "gpu"),
            *("8.8.8.8", "172.32.0.1", "100.128.0.1", "[2001:db8::1]"),
        ],
    )
    def test_is_foreign(self, host: str) -> None:
        endpoint = parse_endpoint(f"http://{host}")
        assert not endpoint.is_loopback
        assert not endpoint.is_private

    def test_root_is_the_server_alone(self) -> None:
        assert parse_endpoint("https://gpu/v1/").root == parse_endpoint("https://gpu")

    def test_text_has_port_and_brackets(self) -> None:
        assert str(parse_endpoint("https://[::1]/v1")) == "https://[::1]:443/v1"

    def test_spellings_of_one_server_are_one_key(self) -> None:
        assert len({parse_endpoint(url) for url in ("http://GPU", "HTTP://gpu:80", "http://gpu:080")}) == 1

    @pytest.mark.parametrize(
        "fields",
        [
            ("file", "gpu", 80, ""),
            ("http", "GPU", 80, ""),
            ("http", "a b", 80, ""),
            ("http", "", 80, ""),
            ("http", "gpu", 65536, ""),
            ("http", "gpu", -1, ""),
            ("http", "gpu", 80, "v1"),
            ("http", "gpu", 80, "/a b"),
            ("http", "gpu", 80, "/\n"),
        ],
    )
    def test_cannot_be_built_wrong(self, fields: tuple[str, str, int, str]) -> None:
        with pytest.raises(InvalidEndpoint):
            Endpoint(*fields)
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(dict(zip(("scheme", "host", "port", "path"), fields, strict=True)), Endpoint)


class TestProperties:
    """What holds for every text."""

    @pytest.mark.parametrize("read", [read_ollama_host, parse_endpoint])
    @given(text=hostile)
    def test_any_text_is_an_endpoint_or_refused(self, read: Callable[[str], Endpoint], text: str) -> None:
        try:
            endpoint = read(text)
        except InvalidEndpoint as refusal:
            assert str(refusal).isascii()
            assert str(refusal).isprintable()
        else:
            assert endpoint.port == 0 or parse_endpoint(str(endpoint)) == endpoint

    @given(hostile)
    def test_any_text_is_listened_on_or_refused(self, text: str) -> None:
        try:
            address = listen_address(text)
        except InvalidEndpoint:
            return
        assert 0 <= address.port <= 65535
        assert not (address.is_loopback and address.is_everywhere)

    @given(st.ip_addresses(), st.integers(1, 65535))
    def test_any_address_is_read_back(self, address: object, port: int) -> None:
        host = f"[{address}]" if ":" in str(address) else str(address)
        endpoint = parse_endpoint(f"http://{host}:{port}")
        assert endpoint.port == port
        assert parse_endpoint(str(endpoint)) == endpoint
        assert str(listen_address(f"{host}:{port}")) == str(endpoint).removeprefix("http://")
