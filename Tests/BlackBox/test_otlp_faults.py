"""An OpenTelemetry collector that is away, slow, or takes only a part: what it costs, and what it gets."""

from __future__ import annotations

import socket
import ssl
import time

import raw
from authority import Authority
from collector import Collector
from daemon import TOKEN, eventually
from program import free_port
from test_metrics import series
from test_otlp import collector, ended  # noqa: F401
from test_quotas import hurried


def strangers(daemon, count: int) -> None:
    """So many requests that are refused, on one connection and so on one loop."""
    request = raw.head("POST", TOKEN, {"Origin": "https://stranger.example", "Content-Length": "0"})
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=20) as connection:
        for _ in range(count):
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"}"):
                answer += connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 403 ")


def test_a_collector_that_is_away_is_logged_once_and_costs_no_request_anything(start, upstream, sessions):
    daemon = start(
        upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}",
        OTEL_METRIC_EXPORT_INTERVAL="1000", LOOPS="1",
    )
    eventually(lambda: "takes no metrics" in daemon.stderr, "a line about the collector")
    assert [daemon.token().status for _ in range(20)] == [200] * 20
    assert series(daemon)["ephemerald_otlp_metrics_failures_total"] >= 1
    begun = time.monotonic()
    ended(daemon)
    assert time.monotonic() - begun < 5 and daemon.stderr.count("takes no metrics") == 1


def test_a_collector_that_never_answers_gets_no_more_than_fits(start, upstream, sessions, collector):
    collector.may_answer.clear()
    daemon = start(upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, LOOPS="1", USAGE_LOG="/dev/null")
    # 512 are under way, 2,048 wait, and the rest is dropped.
    strangers(daemon, 3000)
    dropped = "ephemerald_otlp_spans_dropped_total"
    eventually(lambda: series(daemon)[dropped] == 3000 - 512 - 2048, "what does not fit is dropped and counted")
    assert daemon.token().status == 200


def test_what_a_collector_rejects_is_counted(start, upstream, sessions, collector):
    collector.answer = b'{"partialSuccess":{"rejectedSpans":"7","errorMessage":"no"}}'
    daemon = start(upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, LOOPS="1", USAGE_LOG="/dev/null")
    strangers(daemon, 512)
    eventually(lambda: series(daemon)["ephemerald_otlp_spans_dropped_total"] == 7, "the rejected spans are counted")
    assert len(collector.spans()) == 512


def test_a_batch_that_is_complete_during_a_send_follows_at_once(start, upstream, sessions, collector):
    collector.may_answer.clear()
    # A minute: nothing sends spans but a batch that is complete, and the end.
    settings = {"OTEL_BSP_SCHEDULE_DELAY": "60000", "LOOPS": "1", "USAGE_LOG": "/dev/null"}
    daemon = start(upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **settings)
    strangers(daemon, 1100)
    eventually(lambda: len(collector.bodies("/v1/traces")) == 1, "the first batch")
    collector.may_answer.set()
    eventually(lambda: len(collector.bodies("/v1/traces")) == 2, "the next batch")
    ended(daemon)
    assert len(collector.spans()) == 1100


def test_a_collector_that_takes_only_metrics_gets_them_and_is_named_once(start, upstream, sessions, collector):
    collector.statuses["/v1/traces"] = 404
    daemon = start(
        upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, LOOPS="1", USAGE_LOG="/dev/null",
        OTEL_METRIC_EXPORT_INTERVAL="1000", **hurried(5),
    )

    def is_tried_again() -> bool:
        # What comes during the pause is dropped.
        strangers(daemon, 64)
        return len(collector.bodies("/v1/traces")) >= 3

    eventually(is_tried_again, "spans are tried again")
    eventually(lambda: len(collector.bodies("/v1/metrics")) > 3, "metrics go on")
    assert daemon.stderr.count("/v1/traces takes no spans (it answers with status 404)") == 1
    assert "takes no metrics" not in daemon.stderr and "again" not in daemon.stderr


def test_a_collector_gets_the_time_that_it_asks_for(start, upstream, sessions, collector):
    collector.statuses["/v1/metrics"], collector.fields = 429, {"Retry-After": "20"}
    daemon = start(
        upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, LOOPS="1", OTEL_METRIC_EXPORT_INTERVAL="1000",
        **hurried(10),
    )
    eventually(lambda: collector.bodies("/v1/metrics"), "the first metrics")
    collector.statuses.clear()
    eventually(lambda: len(collector.bodies("/v1/metrics")) > 1, "the next ones")
    assert collector.times[1] - collector.times[0] > 1.9
    eventually(lambda: "takes metrics again" in daemon.stderr, "it is said")


def test_each_signal_may_have_an_address_of_its_own(start, upstream, sessions, collector):
    daemon = start(upstream, sessions, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=collector.url + "/spans/?tenant=a")
    assert daemon.token().status == 200
    ended(daemon)
    assert [path for path, _, _ in collector.requests] == ["/spans/?tenant=a"]
    collector.requests.clear()
    second = start(
        upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url + "/all",
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=collector.url + "/metrics",
    )
    assert second.token().status == 200
    ended(second)
    assert {path for path, _, _ in collector.requests} == {"/all/v1/traces", "/metrics"}


def test_the_certificate_of_a_collector_is_checked(start, upstream, sessions, tmp_path):
    authority = Authority(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority["localhost.pem"], authority["localhost.key"])
    collector = Collector(tls)
    try:
        known = {"OTEL_EXPORTER_OTLP_CERTIFICATE": authority["ca.pem"]}
        for settings in (known, {}):
            daemon = start(
                upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_TRACES_EXPORTER="none", **settings
            )
            ended(daemon)
            assert len(collector.bodies("/v1/metrics")) == 1
        assert "takes no metrics (tls" in daemon.stderr
    finally:
        collector.close()
