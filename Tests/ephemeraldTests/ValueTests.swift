import EphemeraldCore
import Settings
import System
import Testing
import Text
import ephemerald

@Suite struct `A value` {
    @Test(
        arguments: [
            ("0ms", .zero), ("0s", .zero), ("300ms", .milliseconds(300)), ("10s", .seconds(10)),
            ("2min", .seconds(120)),
            ("1h", .seconds(3600)), ("007s", .seconds(7)), ("90min", .seconds(5400)),
        ] as [(String, Duration)])
    func `is a duration`(text: String, duration: Duration) throws {
        #expect(try Duration(parsingSetting: text, in: .zero ... .seconds(7200)) == duration)
    }

    @Test(arguments: [
        "", "s", "10", "10 s", " 10s", "1.5s", "-1s", "10S", "10sec", "10m", "1e3s", "3h", "99999999999999999999h",
    ])
    func `is not a duration`(text: String) {
        #expect(throws: Invalid.self) { try Duration(parsingSetting: text, in: .zero ... .seconds(7200)) }
    }

    @Test(arguments: [(0, "0ms"), (300, "300ms"), (1000, "1s"), (1500, "1500ms"), (120_000, "2min"), (3_600_000, "1h")])
    func `is a duration written in its largest unit`(milliseconds: Int, text: String) {
        #expect(Duration.milliseconds(milliseconds).inSettings == text)
    }

    @Test(arguments: [("65536", 65536), ("64KiB", 65536), ("1MiB", 1 << 20), ("1024B", 1024), ("0", 0)])
    func `is a size`(text: String, count: Int) throws {
        #expect(try ByteCount.parse(text, in: 0...16 << 20) == count)
        #expect(try ByteCount.parse(ByteCount.inSettings(count), in: 0...16 << 20) == count)
    }

    @Test(arguments: ["", "KiB", "64KB", "64K", "64 KiB", "-1", "1.5MiB", "1GiB", "17MiB", "9999999999999"])
    func `is not a size`(text: String) {
        #expect(throws: Invalid.self) { try ByteCount.parse(text, in: 0...16 << 20) }
    }

    @Test(arguments: [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1"), ("https://a.example", "https://a.example"),
        ("https://a.example//", "https://a.example"), ("HTTPS://API.Example:443/V1", "https://api.example/V1"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"), ("http://localhost/", "http://localhost"),
        ("http://[::1]:80/v1", "http://[::1]/v1"), ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ])
    func `is a server's address in one spelling`(text: String, url: String) throws {
        #expect(try ServerURL(parsing: text, as: .base).description == url)
    }

    @Test func `is where browsers are sent, with a query if need be`() throws {
        #expect(try settings().upstream.callsURL == nil)
        let own = try settings("--openai-base-url", "https://a.example/openai/v1/").upstream
        #expect("\(own.baseURL)" == "https://a.example/openai/v1")
        let azure = "https://region.azure.example/v1/realtimertc?model=x"
        #expect(try settings("--calls-url", azure).upstream.callsURL == azure)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.8.8.8", true), ("::1", true), ("localhost", true), ("0.0.0.0", false), ("::", false),
        ("192.0.2.1", false), ("2001:db8::1", false), ("::ffff:127.0.0.1", true), ("ephemerald", false),
        ("localhost.example", false), ("unix:/run/x.sock", false), ("unix:x", false),
    ])
    func `is an address, on loopback or not`(host: String, isLoopback: Bool) throws {
        #expect(try ListeningAddress(parsingHost: host, port: 1).isLoopback == isLoopback)
    }

    @Test(arguments: ["10.0.0.1,10.0.0.2", "10.0.0.1, 10.0.0.2", " 10.0.0.1,\n10.0.0.2\n", "10.0.0.1,\u{A0}10.0.0.2"])
    func `is a list, with white space around its entries`(text: String) throws {
        let proxies = try settings("--trusted-proxies", text).access.trustedProxies
        #expect(proxies == TrustedProxies([try .init(parsing: "10.0.0.1"), try .init(parsing: "10.0.0.2")]))
    }

    @Test(arguments: Setting.all)
    func `is what the table calls the default`(setting: Setting) throws {
        guard case .value(let text) = setting.fallback else { return }
        _ = try settings(setting.flag, text)
    }
}
