import Curl
import EventLoop
import HTTP
import TestTools

/// Runs `body` with a client on a loop with a thread of its own; then closes the client and ends the thread.
func withClient<Value: Sendable>(
    _ change: @Sendable (inout HTTPClientSettings) -> Void = { _ in },
    _ body: @escaping @Sendable (HTTPClient, EventLoop) async throws -> Value
) async throws -> Value {
    var settings = HTTPClientSettings()
    settings.allowsPlainHTTP = true
    change(&settings)
    return try await onLoop { [settings] loop in
        let client = try HTTPClient(on: loop, settings: settings)
        defer { client.close() }
        return try await body(client, loop)
    }
}

/// Sends one request with a client of its own.
func result(
    of request: OutboundRequest, _ change: @Sendable (inout HTTPClientSettings) -> Void = { _ in }
) async throws -> Result<Response, TransferFailure> {
    try await withClient(change) { client, _ in await client.result(of: request) }
}

extension HTTPClient {
    /// `send`, with the failure as a value.
    func result(of request: OutboundRequest) async -> Result<Response, TransferFailure> {
        do { return .success(try await send(request)) } catch { return .failure(error) }
    }
}

extension OutboundRequest {
    /// With a deadline that no test is to reach.
    init(_ method: Method, _ url: String, fields: Fields = [:], body: String = "") {
        self.init(method: method, url: url, fields: fields, body: Array(body.utf8), timeout: .seconds(30))
    }
}

extension Response {
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension Result where Failure == TransferFailure {
    var failure: TransferFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }

    /// `tls`, `broken`…: which failure it is, or `success`.
    var kind: String { failure?.code ?? "success" }
}
