"""Spans and metrics for an OpenTelemetry collector: what arrives, and what a collector that is away costs."""

from __future__ import annotations

import time

import pytest
from collector import Collector, attributes
from daemon import HEALTH, ORIGIN, TOKEN, NotStarted, eventually
from test_metrics import series

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@pytest.fixture
def collector():
    collector = Collector()
    yield collector
    collector.close()


def ended(daemon) -> None:
    """The end sends what waits."""
    assert daemon.stop() == 0, daemon.stderr


def test_each_request_for_a_token_has_a_span_and_others_have_none(start, upstream, sessions, collector):
    daemon = start(upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, LOOPS="2")
    before = time.time_ns()
    token = daemon.token(fields={"User-Agent": "agent-stays-here"})
    assert token.status == 200
    assert daemon.token(origin="https://stranger.example").status == 403
    assert daemon.request("GET", HEALTH).status == 200
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    assert daemon.request("OPTIONS", TOKEN, preflight).status == 204
    minted, refused = daemon.usage(2)
    ended(daemon)
    by_status = {attributes(span)["http.response.status_code"]: span for span in collector.spans()}
    assert len(collector.spans()) == 2 and by_status.keys() == {200, 403}
    span = by_status[200]
    assert (span.name, span.kind, span.status.code) == (f"POST {TOKEN}", 2, 0)
    assert attributes(span) == {
        "ephemerald.session.name": "default",
        "http.request.method": "POST", "http.route": TOKEN, "url.path": TOKEN, "url.scheme": "http",
        "http.response.status_code": 200,
    }
    assert span.trace_id.hex() == token.one("X-Request-Id") == minted["ephemerald.request.id"]
    assert by_status[403].trace_id.hex() == refused["ephemerald.request.id"]
    assert not {"trace_id", "span_id"} & minted.keys(), "the id of the request says it"
    # A millisecond is the unit of the clock that the end is read from.
    assert before - 1_000_000 <= span.start_time_unix_nano <= span.end_time_unix_nano <= time.time_ns()
    took = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
    assert took == pytest.approx(minted["http.server.request.duration"], abs=1e-3)
    text = b"".join(collector.bodies("/v1/traces"))
    for secret in ("agent-stays-here", "stay-here", "127.0.0.1", upstream.key, "ek_", "stranger"):
        assert secret.encode() not in text, secret


def test_a_span_waits_no_longer_than_it_is_told_to(start, upstream, sessions, collector):
    daemon = start(upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="100")
    began = time.monotonic()
    assert daemon.token().status == 200
    eventually(collector.spans, "the span")
    assert time.monotonic() - began < 4, "the default is five seconds"


def test_an_error_of_the_upstream_is_one_of_the_span(start, upstream, sessions, collector):
    daemon = start(upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OPENAI_API_KEY="sk-wrong-0123456789")
    assert daemon.token().status == 502
    ended(daemon)
    (span,) = collector.spans()
    assert span.status.code == 2 and attributes(span)["error.type"] == "upstream_auth"


@pytest.mark.parametrize(
    ("settings", "flags", "count"),
    [
        ({}, "01", 1), ({}, "00", 0), ({"OTEL_TRACES_SAMPLER": "always_off"}, "01", 0),
        ({"OTEL_TRACES_SAMPLER": "always_on"}, "00", 1), ({"OTEL_TRACES_EXPORTER": "none"}, "01", 0),
        ({"OTEL_SDK_DISABLED": "true"}, "01", 0),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.5"}, "01", 1),
        ({"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, "01", 1),
    ],
)
def test_the_trace_of_a_trusted_proxy_goes_on(start, upstream, sessions, collector, settings, flags, count):
    daemon = start(
        upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, TRUSTED_PROXIES="127.0.0.1", **settings
    )
    assert daemon.token(fields={"traceparent": f"00-{TRACE}-{PARENT}-{flags}"}).status == 200
    line = daemon.usage(1)[0]
    ended(daemon)
    spans = collector.spans()
    assert len(spans) == count and line["trace_id"] == TRACE
    for span in spans:
        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
        assert span.span_id.hex() == line["span_id"] and span.flags == 0x301
        assert attributes(span)["ephemerald.request.id"] == line["ephemerald.request.id"]


def test_metrics_are_those_of_a_scrape(start, upstream, sessions, collector):
    daemon = start(upstream, sessions, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_TRACES_EXPORTER="none")
    assert daemon.token().status == 200
    scraped = series(daemon)
    ended(daemon)
    metrics = collector.metrics()
    minted = {
        attributes(point)["outcome"]: point for point in metrics["ephemerald_mints"].sum.data_points
        if attributes(point)["session"] == "default"
    }
    assert minted["minted"].as_double == 1 and minted["overloaded"].as_double == 0
    assert minted["minted"].start_time_unix_nano / 1e9 == scraped["process_start_time_seconds"]
    assert metrics["ephemerald_mints"].sum.is_monotonic and metrics["ephemerald_mints"].sum.aggregation_temporality == 2
    (point,) = metrics["http.server.request.duration"].histogram.data_points
    assert attributes(point) == {
        "http.request.method": "POST", "http.route": TOKEN, "http.response.status_code": 200, "url.scheme": "http",
    }
    assert point.count == sum(point.bucket_counts) == 1 and len(point.bucket_counts) == len(point.explicit_bounds) + 1
    assert metrics["http.server.request.duration"].unit == "s"
    # Every metric of the scrape is there, under the name of its family.
    families = {name.split("{")[0] for name in scraped}
    plain = {name for name in metrics if name != "http.server.request.duration"}
    for name in plain:
        assert families & {name, f"{name}_total", f"{name}_info", f"{name}_bucket"}, name
    assert len(plain) > 30


def test_metrics_come_by_themselves_with_the_fields_and_the_resource_of_the_settings(
    start, upstream, sessions, collector
):
    daemon = start(
        upstream,
        sessions,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url + "/prefix/",
        OTEL_EXPORTER_OTLP_HEADERS="api-key=se%20cret,x-tenant=voice",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment=a%2Cb,service.name=other",
        OTEL_SERVICE_NAME="tokens",
        OTEL_METRIC_EXPORT_INTERVAL="1000",
        LOOPS="1",
    )
    assert daemon.token().status == 200
    eventually(lambda: collector.bodies("/prefix/v1/metrics"), "metrics arrive")
    ended(daemon)
    path, fields, _ = collector.requests[0]
    assert path == "/prefix/v1/metrics"
    assert (fields["api-key"], fields["x-tenant"]) == ("se cret", "voice")
    assert fields["Content-Type"] == "application/json"
    assert "se cret" not in daemon.stderr and "se%20cret" not in daemon.stderr
    collector.requests = [(path.removeprefix("/prefix"), fields, body) for path, fields, body in collector.requests]
    (resource,) = collector.resources()
    assert resource["service.name"] == "tokens" and resource["deployment.environment"] == "a,b"
    assert {"service.version", "service.instance.id", "telemetry.sdk.language"} <= resource.keys()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere"), ("OTEL_EXPORTER_OTLP_HEADERS", "se-cret"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=se-cret%2"), ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"), ("OTEL_TRACES_EXPORTER", "zipkin"),
    ],
)
def test_a_wrong_setting_ends_the_start_and_shows_no_secret(start, upstream, sessions, name, value):
    with pytest.raises(NotStarted) as failure:
        start(upstream, sessions, **{name: value})
    assert failure.value.code == 78 and name in failure.value.stderr and "se-cret" not in failure.value.stderr
