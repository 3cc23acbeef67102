import HTTP
import Testing

@Suite struct `An entry of an allow-list` {
    @Test(arguments: [
        "https://example.com", "https://example.com:8443", "https://*.example.com", "https://*.example.com:8443",
        "http://localhost:*", "http://127.0.0.1:*", "https://[::1]:*", "http://app.localhost:*",
        "http://[2001:db8::1]:81",
        "capacitor://localhost", "app://obsidian.md", "chrome-extension://gighmmpiobklfepjocnamgkkbiglidom",
    ])
    func `is read and written alike`(entry: String) throws {
        #expect(try OriginPattern(parsing: entry).description == entry)
    }

    @Test(arguments: [
        ("", "is empty"), ("null", "sandboxed"), ("NULL", "sandboxed"), ("*", "every website"),
        ("https://*", "every website"), ("https://*:8443", "every website"), ("https://*.com", "one label"),
        ("https://*.localhost", "one label"), ("https://*.com:8443", "one label"),
        ("https://Example.com", "write https://example.com"),
        ("HTTPS://example.com", "write https://example.com"), ("https://bücher.example", "punycode"),
        ("https://example.com:443", "write https://example.com"), ("http://localhost:80", "write http://localhost"),
        ("https://*.example.com:443", "write https://*.example.com"),
        ("https://example.com/", "write https://example.com"),
        ("https://example.com/app", "no path; write https://example.com"), ("https://example.com/*", "no path"),
        ("https://example.com?x=1", "no query; write https://example.com"), ("https://example.com#top", "no fragment"),
        ("https://user@example.com", "no user and password; write https://example.com"),
        ("https://user:pw@example.com/x", "no user and password; write https://example.com"),
        ("example.com", "scheme is missing"), ("//example.com", "scheme is missing"),
        ("localhost:3000", "scheme is missing"),
        ("https:example.com", "scheme is missing"), ("://example.com", "is no scheme"),
        ("*://example.com", "is no scheme"),
        ("ht_tp://example.com", "is no scheme"), ("file://", "no page has an origin with file:"),
        ("wss://example.com", "no page has an origin with wss:"), ("ftp://example.com", "no page"),
        ("capacitor://*", "compared exactly"), ("chrome-extension://*", "compared exactly"),
        ("capacitor://localhost:*", "compared exactly"), ("app://*.example.com", "compared exactly"),
        ("https://a.*.example.com", "whole label at the front"), ("https://*a.example.com", "whole label at the front"),
        ("https://a*.example.com", "whole label at the front"), ("https://*.*.example.com", "whole label at the front"),
        ("https://example.*", "whole label at the front"), ("https://**.example.com", "whole label at the front"),
        ("https://*.", "empty label"), ("https://*.192.0.2.1", "an address has no names"),
        ("https://*.[::1]", "an address has no names"), ("https://a..example.com", "empty label"),
        ("https://.example.com", "empty label"),
        ("https://example.com.", "write https://example.com"), ("https://", "host is missing"),
        ("https://:8443", "host is missing"),
        ("https://example.com:", "write https://example.com"), ("https://example.com:0", "is no port"),
        ("https://example.com:65536", "is no port"), ("https://example.com:http", "is no port"),
        ("https://example.com:08443", "is no port"), ("https://example.com:-1", "is no port"),
        ("https://example.com:8*", "is no port"), ("https://example.com:*", "any port is for localhost"),
        ("http://192.0.2.1:*", "any port is for localhost"),
        ("http://localhost.evil.net:*", "any port is for localhost"),
        ("http://*.localhost:*", "whole label at the front"), ("https://exam ple.com", "a space or control character"),
        ("https://a.example https://b.example", "a space or control character"),
        ("https://example.com\n", "a space or control"),
        ("https://example.com\u{A0}", "a space or control"), ("https://example.com\0", "a space or control"),
        ("http://::1", "in brackets"), ("http://2001:db8::1:3000", "in brackets"),
        ("http://[::1", "is no IPv6 address"),
        ("http://[::1]3000", "is no IPv6 address"), ("http://[127.0.0.1]", "is no IPv6 address"),
        ("http://[0:0:0:0:0:0:0:1]", "write http://[::1]"), ("http://[2001:db8:0::1]", "write http://[2001:db8::1]"),
        ("http://[::ffff:192.0.2.1]", "write http://[::ffff:c000:201]"), ("http://127.0.0.01", "is no IPv4 address"),
        ("http://127.1", "is no IPv4 address"), ("http://1.2.3.4.5", "is no IPv4 address"),
        ("http://2130706433", "is no IPv4"),
        ("http://0x7f000001", "is no IPv4 address"), ("http://1.2.3.256", "is no IPv4 address"),
        ("https://ex!ample.com", "is no host name"), ("https://exam%70le.com", "is no host name"),
        ("https://a\\b.example", "is no host name"),
    ])
    func `is refused with what is right`(entry: String, words: String) {
        #expect {
            try OriginPattern(parsing: entry)
        } throws: {
            "\($0)".contains(words) && "\($0)".hasPrefix(entry.debugDescription)
        }
    }

    @Test(arguments: [
        ("http://example.com", true), ("http://192.0.2.1", true), ("http://*.example.com", true),
        ("https://example.com", false),
        ("http://localhost:*", false), ("http://127.0.0.1", false), ("http://[::1]:81", false),
        ("capacitor://localhost", false),
    ])
    func `tells plain HTTP over a network`(entry: String, isPlain: Bool) throws {
        #expect(try OriginPattern(parsing: entry).isPlainHTTPBeyondLoopback == isPlain)
    }

    @Test(arguments: [
        ("https://a.example", "https://a.example"), ("capacitor://localhost", "capacitor://localhost"),
        ("https://*.b.example", nil), ("http://localhost:*", nil),
    ])
    func `tells whether it admits one origin only`(entry: String, origin: String?) throws {
        #expect(try OriginPattern(parsing: entry).exactOrigin == origin)
    }
}
