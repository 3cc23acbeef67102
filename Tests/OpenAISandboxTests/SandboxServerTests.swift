import Curl
import EventLoop
import HTTP
import OpenAISandbox
import Sessions
import TestTools
import Testing

/// The sandbox over real sockets, called by the daemon's client.
@Suite(.timeLimit(.minutes(5)))
struct `The sandbox's server` {
    private static let mintable = #"{"session":{"type":"realtime","model":"gpt-realtime-2.1"}}"#

    private static func request(_ baseURL: String, timeout: Duration = .seconds(30)) -> OutboundRequest {
        OutboundRequest(
            method: .post, url: "\(baseURL)/realtime/client_secrets",
            fields: ["Authorization": "Bearer sk-sandbox", "Content-Type": "application/json"],
            body: Array(mintable.utf8), timeout: timeout)
    }

    /// Runs `body` with a server and a client on a loop of their own.
    private static func withServer<Value: Sendable>(
        latency: Duration = .zero, fault: Fault? = nil,
        _ body: @escaping @Sendable (SandboxServer, HTTPClient) async -> Value
    ) async throws -> Value {
        try await onLoop { loop in
            let server = try SandboxServer(on: loop, latency: latency, fault: fault, unixSeconds: { 1_000 })
            var settings = HTTPClientSettings()
            settings.allowsPlainHTTP = true
            let client = try HTTPClient(on: loop, settings: settings)
            let value = await body(server, client)
            client.close()
            await server.stop()
            return value
        }
    }

    /// The results of several requests to one server.
    private static func results(
        of fault: Fault, times: Int = 3, timeout: Duration = .seconds(30)
    ) async throws -> [Result<Response, TransferFailure>] {
        try await withServer(fault: fault) { server, client in
            var results: [Result<Response, TransferFailure>] = []
            for _ in 0..<times { results.append(await client.result(of: request(server.baseURL, timeout: timeout))) }
            return results
        }
    }

    @Test func `mints and counts`() async throws {
        let (statuses, counts, report) = try await Self.withServer { server, client in
            var statuses: [Int] = []
            for _ in 0..<3 {
                statuses.append(await client.result(of: Self.request(server.baseURL)).status ?? 0)
            }
            let question = OutboundRequest(method: .get, url: "\(server.baseURL)/sandbox", timeout: .seconds(30))
            let report = try? await client.result(of: question).get()
            return (statuses, server.sandbox.current, report?.body)
        }
        #expect(statuses == [200, 200, 200])
        #expect(counts.mints == 3)
        #expect(report == Array(#"{"mints":3,"calls":0,"hang_ups":0,"refusals":0}"#.utf8))
    }

    @Test func `answers many at once, each after the latency`() async throws {
        let (statuses, elapsed) = try await Self.withServer(latency: .milliseconds(200)) { server, client in
            let start = ContinuousClock.now
            let statuses = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<50 { group.addTask { await client.result(of: Self.request(server.baseURL)).status ?? 0 } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            return (statuses, ContinuousClock.now - start)
        }
        #expect(statuses == Array(repeating: 200, count: 50))
        #expect(elapsed >= .milliseconds(200))
        #expect(elapsed < .seconds(8), "fifty one after another take ten seconds")
    }

    @Test(
        arguments: [
            (.refuse, "cannot_connect", 3, .seconds(30)), (.reset, "broken", 3, .seconds(30)),
            (.garbage, "broken", 3, .seconds(30)), (.slowHeaders, "timed_out", 2, .milliseconds(1_200)),
            (.late, "timed_out", 1, .milliseconds(100)), (.huge, "too_large", 3, .seconds(30)),
        ] as [(Fault, String, Int, Duration)])
    func `with a fault fails every request alike`(
        fault: Fault, kind: String, times: Int, timeout: Duration
    ) async throws {
        for result in try await Self.results(of: fault, times: times, timeout: timeout) {
            #expect(result.kind == kind, "\(result)")
        }
    }

    @Test func `with a fault of a status answers with it`() async throws {
        for result in try await Self.results(of: .status(503)) { #expect(result.status == 503) }
    }
}

extension HTTPClient {
    /// `send`, with the failure as a value.
    fileprivate func result(of request: OutboundRequest) async -> Result<Response, TransferFailure> {
        do { return .success(try await send(request)) } catch { return .failure(error) }
    }
}

extension Result where Success == Response, Failure == TransferFailure {
    fileprivate var status: Int? { (try? get())?.status.rawValue }

    /// `broken`, `timed_out`…: which failure it is, or `success`. A deadline may pass before there is a connection.
    fileprivate var kind: String {
        guard case .failure(let failure) = self else { return "success" }
        if case .cannotConnect(let words) = failure, words.hasPrefix("timed out") { return "timed_out" }
        return failure.code
    }
}
