import Curl
import Glibc
import HTTP
import TestTools
import Testing

@Suite(.timeLimit(.minutes(5)))
struct EnvironmentTests {
    @Test func `no proxy, netrc or curlrc of the environment is obeyed`() async throws {
        // In a process of its own, because the environment belongs to all tests.
        await #expect(processExitsWith: .success) {
            try await sendAmongTraps()
        }
    }
}

/// Plants traps in the environment of this process and sends past them.
private func sendAmongTraps() async throws {
    let trap = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrap")
    let server = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    let home = try TemporaryDirectory()
    try home.file(".netrc", "default login planted password planted\n")
    try home.file(".curlrc", "proxy = \(trap.url)\nuser = planted:planted\n")
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        unsafe setenv(name, trap.url, 1)
    }
    for name in ["HOME", "CURL_HOME", "XDG_CONFIG_HOME"] { unsafe setenv(name, home.path, 1) }
    unsafe unsetenv("no_proxy")

    let plain = try await result(of: OutboundRequest(.get, server.url)).get()
    try #require(plain.text == "ok")
    let port = try ReservedPort()
    defer { extendLifetime(port) }
    let secure = try await result(of: OutboundRequest(.get, "https://127.0.0.1:\(port.number)"))
    #expect(secure.kind == "cannot_connect")
    let request = try #require(await server.nextRequest())
    #expect(!request.contains("Authorization"))

    // The first connection that the trap sees is that of a client that was told to use it.
    let url = trap.url
    let trapped = try await result(of: OutboundRequest(.get, server.url + "/told")) { $0.proxy = url }.get()
    #expect(trapped.text == "trap")
    let events = await trap.events(until: .ended)
    #expect(events.count { $0 == .accepted } == 1)
}
