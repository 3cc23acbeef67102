"""Tokens of an identity provider, signed by a library that is not ours."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Iterator

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from conftest import settings_for
from crowd import ask_all, tally, token_request
from daemon import eventually
from program import free_port, run

KEYS = {
    "HS256": OctKey.generate_key(256, {"kid": "HS256", "alg": "HS256"}),
    "RS256": RSAKey.generate_key(2048, {"kid": "RS256", "alg": "RS256"}),
    "PS256": RSAKey.generate_key(2048, {"kid": "PS256", "alg": "PS256"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "ES256", "alg": "ES256"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "EdDSA", "alg": "EdDSA"}),
}


def jwks(*algorithms: str) -> str:
    keys = [KEYS[name].as_dict(private=name == "HS256") for name in algorithms]
    return json.dumps({"keys": keys})


def token(algorithm: str = "ES256", kid: str | None = None, **changes: object) -> str:
    claims = {"sub": "ann", "iss": "https://id.example", "aud": ["voice", "x"], "exp": int(time.time()) + 60} | changes
    header = {"alg": algorithm, "kid": kid or algorithm, "typ": "JWT"}
    return jwt.encode(header, claims, KEYS[algorithm], algorithms=[algorithm])


def bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


class Provider:
    """Serves a JWKS on loopback, and counts the requests."""

    def __init__(self) -> None:
        self.body = jwks("ES256")
        self.status = 200
        self.delay = 0.0
        self.asked = 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.asked += 1
                time.sleep(owner.delay)
                body = owner.body.encode()
                self.send_response(owner.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture
def provider() -> Iterator[Provider]:
    serving = Provider()
    yield serving
    serving.stop()


@pytest.fixture
def settings(tmp_path) -> dict[str, str]:
    path = tmp_path / "jwks.json"
    path.write_text(jwks(*KEYS))
    return {"AUTH": "jwt", "JWT_KEYS": str(path), "JWT_ISSUER": "https://id.example", "JWT_AUDIENCE": "voice"}


def test_tokens_of_every_algorithm_are_taken_and_stand_nowhere(start, upstream, sessions, settings):
    daemon = start(upstream, sessions, **settings)
    shown = [token(algorithm) for algorithm in KEYS]
    for one in shown:
        assert daemon.token(fields=bearer(one)).status == 200
    assert [line["enduser.pseudo.id"] for line in daemon.usage(len(KEYS))] == ["ann"] * len(KEYS)
    for one in shown:
        assert one[-20:] not in daemon.stdout + daemon.stderr + str([request.fields for request in upstream.requests])


def test_what_is_wrong_with_a_token_is_for_the_log_alone(start, upstream, sessions, settings):
    daemon = start(upstream, sessions, **settings)
    now = int(time.time())
    wrong = {
        "expired": token(exp=now - 32),
        "not_yet_valid": token(nbf=now + 90),
        "issuer": token(iss="https://evil.example"),
        "audience": token(aud="other"),
        "subject": token(sub="ann\n"),
        "claims": token(sessions=7),
        "unknown_key": token(kid="../../etc/passwd"),
        "algorithm": token(kid="RS256"),
        "signature": token()[:-8] + "AAAAAAAA",
        "malformed": token() + ".x",
    }
    for one in wrong.values():
        answer = daemon.token(fields=bearer(one))
        assert answer.status == 401
        assert answer.all("WWW-Authenticate") == ['Bearer realm="ephemerald", error="invalid_token"']
    assert [line["ephemerald.token.flaw"] for line in daemon.usage(len(wrong))] == list(wrong)
    assert not upstream.requests


def test_a_token_may_name_the_sessions_it_is_for(start, upstream, sessions, settings):
    daemon = start(upstream, sessions, **settings)
    for names, status in (["default"], 200), ("x default", 200), ([], 403), (["x"], 403):
        answer = daemon.token(fields=bearer(token(sessions=names)))
        assert answer.status == status
        assert status == 200 or answer.json()["code"] == "session_not_allowed"


def test_keys_are_fetched_once_before_anybody_asks(start, upstream, sessions, settings, provider):
    daemon = start(upstream, sessions, **settings | {"JWT_KEYS": provider.url})
    eventually(lambda: "JWT_KEYS: " + provider.url in daemon.stderr, "a word of the keys")
    for _ in range(3):
        assert daemon.token(fields=bearer(token())).status == 200
    assert daemon.token(fields=bearer(token("RS256"))).status == 401
    assert provider.asked == 1


def test_a_storm_of_unknown_keys_is_one_request_to_the_provider(start, upstream, sessions, settings, provider):
    provider.delay = 0.5
    daemon = start(upstream, sessions, **settings | {"JWT_KEYS": provider.url})
    requests = [token_request(fields=bearer(token(kid=f"k{number}"))) for number in range(1000)]
    assert tally(asyncio.run(ask_all(daemon.port, requests))) == {401: 1000}
    assert provider.asked == 1
    assert daemon.token(fields=bearer(token())).status == 200


@pytest.mark.slow
def test_a_provider_that_is_away_neither_stops_the_start_nor_blames_the_caller(
    start, upstream, sessions, settings, provider
):
    provider.status = 503
    daemon = start(upstream, sessions, **settings | {"JWT_KEYS": provider.url})
    answer = daemon.token(fields=bearer(token()))
    assert answer.status == 503
    assert answer.json()["code"] == "keys_unavailable"
    assert 1 <= int(answer.all("Retry-After")[0]) <= 5
    assert daemon.token().status == 401
    provider.status = 200
    eventually(lambda: daemon.token(fields=bearer(token())).status == 200, "keys at last")


@pytest.mark.slow
def test_a_provider_that_is_away_is_said_once_and_again_when_it_is_back(start, upstream, sessions, settings, provider):
    provider.status = 503
    daemon = start(upstream, sessions, **settings | {"JWT_KEYS": provider.url})

    def listed() -> list[str]:
        answer = daemon.operations("GET", "/api/health/ready")
        return [emergency["kind"] for emergency in answer.json()["emergencies"]]

    def status() -> int:
        return daemon.token(fields=bearer(token())).status

    eventually(lambda: listed() == ["token_keys"], "it is listed")
    eventually(lambda: status() == 503 and provider.asked >= 2, "the provider is asked again", 30)
    said = [line for line in daemon.stderr.splitlines() if "JWT_KEYS: " in line]
    assert len(said) == 1 and "check this address" in said[0]
    provider.status = 200
    eventually(lambda: status() == 200, "the keys are there", 30)
    # One who waits for the keys may be answered before it is said.
    eventually(lambda: listed() == [], "it is listed no longer")
    eventually(lambda: daemon.stderr.count("JWT_KEYS: the keys can be fetched again, after") == 1, "it is said")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"JWT_KEYS": None}, "JWT_KEYS: not set"),
        ({"JWT_KEYS": "/nowhere"}, "there is no such file"),
        ({"JWT_KEYS": "http://id.example/jwks.json"}, "JWT_KEYS"),
        ({"JWT_LEEWAY": "1h"}, "JWT_LEEWAY"),
    ],
    ids=str,
)
def test_tokens_without_keys_are_no_start(upstream, sessions, settings, tmp_path, changes, named):
    ended = run(directory=tmp_path, settings=settings_for(upstream, sessions, PORT=str(free_port()), **settings | changes))
    assert ended.returncode == 78, ended.stderr
    assert named in ended.stderr


def test_start_and_reload_say_what_is_in_force_which_no_public_key_in_disguise_is(start, upstream, sessions, tmp_path):
    keys, secret = tmp_path / "keys", "canary" * 6
    keys.write_text(f"{secret}\n")
    daemon = start(upstream, sessions, AUTH="jwt", JWT_KEYS=str(keys), JWT_AUDIENCE="voice")
    said = 'ephemerald.jwt_keys="HS256 secret of 36 bytes"'
    eventually(lambda: said in daemon.stderr, "the line of the start")
    public = jwks("RS256", "ES256")
    for contents, words in (("\ufeff" + public, "BOM"), (secret, said), (public, "jwt_keys=RS256,ES256")):
        before = len(daemon.stderr)
        keys.write_text(contents)
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: "reloaded: " in daemon.stderr[before:] and daemon.stderr.endswith("\n"), "the reload")
        assert words in daemon.stderr[before:]
    assert "secret of" not in daemon.stderr[before:] and secret not in daemon.stderr
