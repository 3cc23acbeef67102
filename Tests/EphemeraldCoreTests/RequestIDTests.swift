import EphemeraldCore
import HTTP
import Testing

private func request(_ fields: Fields) -> Request {
    Request(method: .post, target: "/", fields: fields, peer: .unix)
}

@Suite struct `A request's name` {
    @Test(arguments: ["a", "0", "A-z_0.9", String(repeating: "x", count: 128), "5b7c1c2e-8d3a-4c2f-9b6e-1f2a3b4c5d6e"])
    func `is taken over from a trusted proxy`(value: String) {
        #expect(RequestID(of: request(["x-request-id": value]), in: "X-Request-Id") { 7 }.description == value)
        #expect(RequestID(of: request(["x-request-id": value]), in: nil) { 0xABC }.description == made)
        #expect(RequestID(of: request(["x-request-id": value]), in: "CF-Ray") { 0xABC }.description == made)
        #expect(RequestID(of: request(["cf-ray": value]), in: "CF-Ray") { 7 }.description == value)
    }

    @Test(arguments: [
        "", " ", "a b", "a\n", "a\"", "ä", "a\u{301}", "a/b", "a:b", "{}", String(repeating: "x", count: 129),
    ])
    func `is made when the given one is malformed`(value: String) {
        #expect(RequestID(of: request(["X-Request-Id": value]), in: "X-Request-Id") { 0xABC }.description == made)
    }

    @Test func `is made when two are given`() {
        let request = request(["X-Request-Id": "a", "X-Request-Id": "a"])
        #expect(RequestID(of: request, in: "X-Request-Id") { .max }.description == String(repeating: "f", count: 32))
    }

    private let made = "00000000000000000000000000000abc"
}

@Suite struct `A trace` {
    static let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test(arguments: [
        (good, "01"), ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", "01"),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "00"),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03", "03"),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe", "02"),
    ])
    func `is carried on for a trusted proxy, with a span of our own`(value: String, flags: String) {
        let trace = TraceParent(of: request(["Traceparent": value]), isTrusted: true) { 0xABC }
        #expect(trace?.outgoing == "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000abc-\(flags)")
        #expect(TraceParent(of: request(["Traceparent": value]), isTrusted: false) { 1 } == nil)
    }

    @Test func `has no span of zeros`() {
        let trace = TraceParent(of: request(["traceparent": Self.good]), isTrusted: true) { 1 << 64 }
        #expect(trace?.outgoing == "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-01")
    }

    @Test(arguments: [
        "", good + "-more", good + "-", good + "0", "ff" + good.dropFirst(2), good.uppercased(), "0" + good, " " + good,
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
    ])
    func `ends when the field is malformed`(value: String) {
        #expect(TraceParent(of: request(["Traceparent": value]), isTrusted: true) { 1 } == nil)
    }
}
