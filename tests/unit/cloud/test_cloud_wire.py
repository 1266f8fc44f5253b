"""The wire: proxies, TLS, ~/.netrc, time limits, and answers that no server should give."""

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests import PreparedRequest

from station.cloud.address import Bearer
from station.cloud.protocol import Accepted, Account, Busy, NotSent, Unclear
from station.cloud.team import TeamCloud
from station.cloud.wire import Flaw, NoKey, Reply, Silence, Timeouts, Wire
from station.domain.faults import Fault as Raised
from station.domain.secret import Secret
from station.domain.ways import CredentialKind
from station.host.clock import SystemClock
from station.simulator.cloud import LINE_KEY, SimulatedCloud

pytestmark = pytest.mark.announces("stamina.retry_scheduled")

QUICK = Timeouts(connect=1.0, read=0.4, total=0.8)
ACCOUNT = b'{"team":{"tenantId":"team-1"}}'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ACCOUNT), ACCOUNT)
ULID_BODY = b'{"bulkOpsRequestId":"01M80ZHPA2DENE7SR6GB10JK5C"}'
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\n\r\n%s" % (len(ULID_BODY), ULID_BODY)


def _team(origin: str, timeouts: Timeouts = QUICK, **named: object) -> TeamCloud:
    return TeamCloud(f"{origin}/v1", Secret("the-key"), clock=SystemClock(), version="1", timeouts=timeouts, **named)


def _get(url: str, limit: int = 1000) -> Reply | Silence:
    wire = Wire(timeouts=QUICK, ca_bundle=None, proxy=None, clock=SystemClock(), user_agent="test")
    with wire.line() as line:
        return line.exchange("GET", url, NoKey(), limit=limit)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))


# --- where keys go -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v2/account",
        "https://api.example.com/v1",
        "https://api.example.com/v10/account",
        "http://api.example.com/v1/account",
        "https://api.example.com:444/v1/account",
        "https://api.example.com.evil.org/v1/account",
        "https://api.example.com@evil.org/v1/account",
        "https://files.example.com/v1/account",
        "https://[::1/v1/account",
        None,
    ],
)
def test_key_goes_nowhere_but_home(url: str | None) -> None:
    bearer = Bearer("https://api.example.com/v1", Secret("the-key"))
    home, away = PreparedRequest(), PreparedRequest()
    home.url, away.url = "https://API.example.com/v1/account?x=1", url
    for request in (home, away):
        request.prepare_headers({})
    assert bearer(home).headers["Authorization"] == "Bearer the-key"
    with pytest.raises(Raised, match="CLD-190"):
        bearer(away)
    assert "Authorization" not in away.headers


def test_netrc_adds_no_authorization(tmp_path: Path, peer: Callable) -> None:
    for name in (".netrc", "_netrc"):
        path = tmp_path / name
        path.write_text("machine 127.0.0.1 login someone password netrc-word\ndefault login x password netrc-word\n")
        path.chmod(0o600)
    with peer(OK) as server:
        assert isinstance(_get(f"{server.origin}/file"), Reply)
        assert _team(server.origin).account() == Account("team-1", "")
    file, account = server.received
    assert b"authorization" not in file.lower()
    assert account.lower().count(b"authorization") == 1
    assert b"Authorization: Bearer the-key" in account


def test_cookies_and_packed_answers_are_not_asked_for(peer: Callable) -> None:
    with peer(OK) as server:
        _get(f"{server.origin}/file")
    (request,) = server.received
    assert b"Accept-Encoding: identity" in request
    assert b"User-Agent: test" in request
    assert b"cookie" not in request.lower()


# --- before anything was sent ------------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_refused_connection_sent_nothing() -> None:
    team = _team(f"http://127.0.0.1:{_free_port()}")
    assert team.send(b"body", CredentialKind.CERTIFICATE, ()) == NotSent(
        "the cloud can't be reached: the connection was refused"
    )
    assert isinstance(team.account(), NotSent)


def test_name_that_nobody_knows_sent_nothing() -> None:
    assert _team("https://cloud.invalid").send(b"body", CredentialKind.CERTIFICATE, ()) == NotSent(
        "the cloud can't be reached: its name can't be resolved"
    )


def test_handshake_that_never_ends_sent_nothing(peer: Callable) -> None:
    with peer(lambda _, peer: peer.done.wait(5)) as server:
        answer = _team(server.origin.replace("http:", "https:")).send(b"body", CredentialKind.CERTIFICATE, ())
    assert answer == NotSent("the cloud can't be reached: no connection within 1 s")


def test_server_without_tls_sent_nothing(peer: Callable) -> None:
    with peer(lambda connection, _: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        answer = _team(server.origin.replace("http:", "https:")).send(b"body", CredentialKind.CERTIFICATE, ())
    assert isinstance(answer, NotSent)
    assert server.received == []


# --- after something was sent ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bytes_back",
    [
        b"",
        b"\0\xff" * 50,
        b"HTTP/1.1",
        b"HTTP/1.1 202\r\n",
        b"HTTP/1.1 202 Accepted\r\n\r\n" + ULID_BODY,  # nothing marks its end
        ACCEPTED[:-1],
        ACCEPTED.replace(b"Content-Length: 49", b"Content-Length: 50"),
        b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n31\r\n" + ULID_BODY,
        b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n" + ULID_BODY,
        b"HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\nContent-Length: 49\r\n\r\n" + ULID_BODY,
        b"HTTP/1.1 2o2 Accepted\r\nContent-Length: 49\r\n\r\n" + ULID_BODY,
        b"HTTP/1.1 202 Accepted\r\nno header\r\nContent-Length: 49\r\n\r\n" + ULID_BODY,
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 49\r\nno header\r\n\r\n" + ULID_BODY,
        b"HTTP/1.1 202 Accepted\r\n" + b"X: y\r\n" * 300 + b"\r\n" + ULID_BODY,
        b"HTTP/1.1 202 Accepted\r\nX: " + b"y" * 100_000 + b"\r\n\r\n" + ULID_BODY,
    ],
)
def test_broken_answers_to_a_body_are_unclear(peer: Callable, bytes_back: bytes) -> None:
    with peer(bytes_back) as server:
        assert isinstance(_team(server.origin).send(b"body", CredentialKind.CERTIFICATE, ()), Unclear)
    assert len(server.received) == 1


def test_whole_answers_to_a_body_are_read(peer: Callable) -> None:
    chunked = b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n31\r\n" + ULID_BODY + b"\r\n0\r\n\r\n"
    for answer in (ACCEPTED, chunked):
        with peer(answer) as server:
            assert isinstance(_team(server.origin).send(b"body", CredentialKind.CERTIFICATE, ()), Accepted)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"HTTP/1.1 202 ", b"HTTP/1.1 202 Accepted\r\n"]))
def test_no_bytes_are_taken_for_success_or_raise(peer: Callable, noise: bytes, start: bytes) -> None:
    with peer(start + noise) as server:
        assert isinstance(_team(server.origin).send(b"body", CredentialKind.CERTIFICATE, ()), Unclear)


@pytest.mark.parametrize("what", ["head", "body", "chunks"])
def test_dripping_answer_ends_with_the_total_time(peer: Callable, what: str) -> None:
    start = {
        "head": b"HTTP/1.1 200 OK\r\nX: ",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n",
        "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
    }[what]

    def drip(connection: socket.socket, peer: object) -> None:
        peer.read_request(connection)
        connection.sendall(start)
        while not peer.done.wait(0.05):  # never as long as the read timeout
            connection.sendall(b"x")

    begin = SystemClock().monotonic()
    with peer(drip) as server:
        answer = _get(f"{server.origin}/file", limit=100_000)
    assert SystemClock().monotonic() - begin < 3
    assert isinstance(answer, Silence) if what == "head" else answer.flaw is Flaw.CUT


def test_peer_that_takes_nothing_ends_with_the_total_time(peer: Callable) -> None:
    begin = SystemClock().monotonic()
    with peer(lambda _, peer: peer.done.wait(5)) as server:
        answer = _team(server.origin).send(b"x" * 30_000_000, CredentialKind.CERTIFICATE, ())
    assert SystemClock().monotonic() - begin < 3
    assert isinstance(answer, Unclear)


def test_thin_line_may_take_longer_than_a_connection_may(peer: Callable) -> None:
    """urllib3 sends under the connect timeout; a body of a thousand rows needs more."""

    def take_slowly(connection: socket.socket, peer: object) -> None:
        peer.done.wait(1.0)
        peer.read_request(connection)
        connection.sendall(ACCEPTED)

    with peer(take_slowly) as server:
        timeouts = Timeouts(connect=0.3, read=5.0, total=10.0)
        assert isinstance(
            _team(server.origin, timeouts).send(b"x" * 8_000_000, CredentialKind.CERTIFICATE, ()), Accepted
        )


def test_answer_is_read_up_to_its_limit(peer: Callable) -> None:
    def flood(connection: socket.socket, peer: object) -> None:
        peer.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        while not peer.done.is_set():
            connection.sendall(b"x" * 65536)

    with peer(flood) as server:
        answer = _get(server.origin)
    assert answer == Reply(200, answer.headers, b"", Flaw.LONG)


def test_redirects_body_is_read_up_to_its_limit_too(peer: Callable) -> None:
    """requests reads a redirect's whole body before it looks whether redirects are wanted."""
    sent = []

    def flood(connection: socket.socket, peer: object) -> None:
        peer.read_request(connection)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 1000000000000\r\n\r\n")
        while not peer.done.is_set():
            connection.sendall(b"x" * 65536)
            sent.append(65536)

    with peer(flood) as server:
        answer = _get(server.origin)
    assert isinstance(answer, Reply)
    assert (answer.status, answer.flaw) == (302, Flaw.LONG)
    assert sum(sent) < 100_000_000


# --- TLS ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's context for cloud.test and 127.0.0.1, and the bundle of the CA that signed its certificate."""
    folder = tmp_path_factory.mktemp("tls")
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    start = datetime.now(UTC) - timedelta(days=1)

    def build(name: str, public: ec.EllipticCurvePublicKey, *extensions: x509.ExtensionType) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test CA")]))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=30))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=True)
        return builder.sign(ca_key, hashes.SHA256())

    # keyCertSign and cRLSign: from Python 3.13 on, a CA that does not say what its key is for isn't trusted.
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    ca = build("Test CA", ca_key.public_key(), x509.BasicConstraints(ca=True, path_length=0), usage)
    names = [x509.DNSName("cloud.test"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    server = build("cloud.test", key.public_key(), x509.SubjectAlternativeName(names))
    bundle, chain = folder / "ca.pem", folder / "server.pem"
    bundle.write_bytes(ca.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(server.public_bytes(Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context, bundle


@pytest.fixture
def secured(peer: Callable, tls: tuple[ssl.SSLContext, Path]) -> Iterator[object]:
    """A peer that answers POSTs with 202 and looks with an account, over TLS."""

    def talk(connection: socket.socket, peer: object) -> None:
        with contextlib.suppress(ssl.SSLError), tls[0].wrap_socket(connection, server_side=True) as wrapped:
            head = peer.read_request(wrapped)
            wrapped.sendall(ACCEPTED if head.startswith(b"POST") else OK)

    with peer(talk) as server:
        yield server


def test_company_ca_is_trusted_where_it_is_named(secured: object, tls: tuple[ssl.SSLContext, Path]) -> None:
    origin = f"https://127.0.0.1:{secured.port}"
    assert _team(origin, ca_bundle=tls[1]).account() == Account("team-1", "")
    assert isinstance(_team(origin, ca_bundle=tls[1]).send(b"body", CredentialKind.CERTIFICATE, ()), Accepted)


def test_certificate_nobody_vouches_for_gets_nothing(
    secured: object, tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURL_CA_BUNDLE", "")  # an empty one has switched verification off in requests before
    answer = _team(f"https://127.0.0.1:{secured.port}").send(b"body", CredentialKind.CERTIFICATE, ())
    assert isinstance(answer, NotSent)
    assert "its certificate is not trusted" in answer.reason
    named_wrongly = _team(f"https://localhost:{secured.port}", ca_bundle=tls[1]).send(
        b"body", CredentialKind.CERTIFICATE, ()
    )
    assert isinstance(named_wrongly, NotSent)
    assert "not valid for 'localhost'" in named_wrongly.reason
    assert secured.received == []


def test_ca_bundle_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("no certificate\n")
    for name in ("empty.pem", "missing.pem"):
        with pytest.raises(Raised, match="CLD-103"):
            _team("https://cloud.test", ca_bundle=tmp_path / name)


def test_connection_that_ends_in_the_middle_of_tls_is_unclear(peer: Callable, tls: tuple[ssl.SSLContext, Path]) -> None:
    def cut(connection: socket.socket, peer: object) -> None:
        wrapped = tls[0].wrap_socket(connection, server_side=True)
        peer.read_request(wrapped)
        wrapped.detach()  # without TLS's own farewell

    with peer(cut) as server:
        answer = _team(f"https://127.0.0.1:{server.port}", ca_bundle=tls[1]).send(
            b"body", CredentialKind.CERTIFICATE, ()
        )
    assert isinstance(answer, Unclear)


# --- proxies -----------------------------------------------------------------------------------------------------


def _tunnel_to(port: int) -> Callable:
    """A proxy that knows one name, cloud.test, and joins whoever asks for it with ``port``."""

    def proxy(connection: socket.socket, peer: object) -> None:
        head = peer.read_request(connection)
        if not head.startswith(b"CONNECT cloud.test:443 "):
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as other:
            back = threading.Thread(target=_pump, args=(other, connection))
            back.start()
            _pump(connection, other)
            back.join(5)

    return proxy


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def test_proxy_of_the_environment_is_used_and_never_sees_the_key(
    secured: object, peer: Callable, tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with peer(_tunnel_to(secured.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        team = _team("https://cloud.test", Timeouts(2, 2, 4), ca_bundle=tls[1])
        assert team.account() == Account("team-1", "")
        monkeypatch.setenv("NO_PROXY", "cloud.test")
        assert isinstance(team.account(), NotSent)
    assert len(proxy.received) == 1
    assert b"the-key" not in b"".join(proxy.received)
    assert b"Authorization: Bearer the-key" in secured.received[0]


def test_proxy_of_the_station_file_goes_before_the_environments(
    secured: object, peer: Callable, tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{_free_port()}")
    with peer(_tunnel_to(secured.port)) as proxy:
        proxied = proxy.origin.replace("//", "//user:s3cret@")
        team = _team("https://cloud.test", Timeouts(2, 2, 4), ca_bundle=tls[1], proxy=proxied)
        assert team.account() == Account("team-1", "")
    assert b"Proxy-Authorization: Basic " in proxy.received[0]


def test_proxy_that_refuses_sent_nothing(peer: Callable) -> None:
    with peer(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as proxy:
        answer = _team("https://cloud.test", proxy=proxy.origin.replace("//", "//user:s3cret@")).send(
            b"body", CredentialKind.CERTIFICATE, ()
        )
    assert isinstance(answer, NotSent)
    assert "the proxy refused: Tunnel connection failed: 407" in answer.reason
    assert "s3cret" not in answer.reason
    dead = _team("https://cloud.test", proxy=f"http://user:s3cret@127.0.0.1:{_free_port()}").send(
        b"body", CredentialKind.CERTIFICATE, ()
    )
    assert dead == NotSent("the cloud can't be reached: the connection was refused")


def test_environments_proxy_is_not_asked_for_this_pc(cloud: SimulatedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{_free_port()}")
    team = TeamCloud(cloud.base_url, Secret(LINE_KEY), clock=SystemClock(), version="1", timeouts=QUICK)
    assert isinstance(team.account(), Account)


def test_no_other_pcs_proxy_hears_what_is_for_this_pc_in_plain_http(cloud: SimulatedCloud) -> None:
    elsewhere = TeamCloud(
        cloud.base_url,
        Secret(LINE_KEY),
        clock=SystemClock(),
        version="1",
        timeouts=QUICK,
        proxy="http://proxy.invalid:3128",
    )
    assert isinstance(elsewhere.account(), Account)


def test_environments_proxy_of_another_kind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:s3cret@127.0.0.1:1080")
    assert _team("https://cloud.test").send(b"body", CredentialKind.CERTIFICATE, ()) == NotSent(
        "the cloud can't be reached: the proxy that the environment names can't be used"
    )


@pytest.mark.parametrize("proxy", ["socks5://proxy:1080", "proxy:8080", "http://", ""])
def test_proxy_that_is_none_is_refused(proxy: str) -> None:
    with pytest.raises(Raised, match="CLD-104"):
        _team("https://cloud.test", proxy=proxy)


def test_time_limits_must_be_above_zero() -> None:
    with pytest.raises(Raised, match="CLD-105"):
        Timeouts(connect=0)


def test_look_that_gets_no_answer_may_be_repeated(peer: Callable) -> None:
    with peer(b"") as server:
        answer = _team(server.origin).account()
    assert isinstance(answer, Busy)
    assert len(server.received) == 3
