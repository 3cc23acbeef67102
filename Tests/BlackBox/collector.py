"""An OpenTelemetry collector for OTLP/JSON, judged by the protocol's own definition (the package opentelemetry-proto)."""

from __future__ import annotations

import base64
import json
import re
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Iterator

from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

#: Members whose 64-bit integers OTLP/JSON writes as strings.
LONG = {"startTimeUnixNano", "endTimeUnixNano", "timeUnixNano", "intValue", "asInt", "count", "bucketCounts"}
#: Ids, which OTLP/JSON writes in hexadecimal digits and protobuf's JSON in base64.
IDS = {"traceId": 32, "spanId": 16, "parentSpanId": 16}


def converted(value, name: str = ""):
    """The JSON of protobuf for the JSON of OTLP; an error where it is not that of OTLP."""
    if isinstance(value, dict):
        return {key: converted(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [converted(element, name) for element in value]
    if name in LONG:
        assert isinstance(value, str) and re.fullmatch("[0-9]+", value), (name, value)
    if name in IDS:
        assert re.fullmatch("[0-9a-f]{%d}" % IDS[name], value) and int(value, 16) > 0, (name, value)
        return base64.b64encode(bytes.fromhex(value)).decode()
    return value


def parsed(body: bytes, message):
    """The request as the protocol defines it. Unknown members are errors."""
    return json_format.Parse(json.dumps(converted(json.loads(body))), message, ignore_unknown_fields=False)


def attributes(of) -> dict[str, str | int]:
    """The attributes of a span, a point or a resource; a name that is there twice is an error."""
    found = {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in of.attributes}
    assert len(found) == len(of.attributes)
    return found


class Collector:
    """Takes requests until it is closed."""

    def __init__(self, tls: ssl.SSLContext | None = None):
        self.answer = b"{}"
        #: The status of the answers on a path, which is 200 elsewhere, and more fields.
        self.statuses: dict[str, int] = {}
        self.fields: dict[str, str] = {}
        #: Set to let requests go that wait for an answer.
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        #: When each of them arrived, on the monotonic clock.
        self.times: list[float] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # noqa: N802, the name that http.server calls
                body = self.rfile.read(int(self.headers["Content-Length"]))
                # Before a test learns of the request, and changes them for the next one.
                status, more = collector.statuses.get(self.path, 200), dict(collector.fields)
                collector.times.append(time.monotonic())
                collector.requests.append((self.path, dict(self.headers.items()), body))
                collector.may_answer.wait(20)
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(collector.answer)))
                self.end_headers()
                self.wfile.write(collector.answer)

            def log_message(self, *_) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.may_answer.set()
        self.server.shutdown()
        self.server.server_close()

    def bodies(self, path: str) -> list[bytes]:
        return [body for found, _, body in self.requests if found == path]

    def resources(self) -> list[dict]:
        """The attributes of each sender of spans."""
        requests = (parsed(body, ExportTraceServiceRequest()) for body in self.bodies("/v1/traces"))
        return [attributes(each.resource) for request in requests for each in request.resource_spans]

    def spans(self) -> list:
        """All spans so far."""
        requests = (parsed(body, ExportTraceServiceRequest()) for body in self.bodies("/v1/traces"))
        return [
            span for request in requests for each in request.resource_spans for scope in each.scope_spans
            for span in scope.spans
        ]

    def metrics(self) -> dict:
        """The metrics of the last request, by name."""
        request = parsed(self.bodies("/v1/metrics")[-1], ExportMetricsServiceRequest())
        return {metric.name: metric for metric in self._metrics(request)}

    @staticmethod
    def _metrics(request) -> Iterator:
        for each in request.resource_metrics:
            for scope in each.scope_metrics:
                yield from scope.metrics
