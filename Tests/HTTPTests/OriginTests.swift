import HTTP
import Testing

@Suite struct `An origin` {
    @Test(arguments: [
        "https://example.com", "http://example.com", "https://example.com:8443", "http://localhost:3000", "http://a",
        "https://sub.example.com", "https://xn--bcher-kva.example", "https://a_b.example", "https://127.0.0.1",
        "http://192.0.2.1:8080", "http://[::1]:3000", "https://[2001:db8::1]", "https://[::ffff:c000:201]",
        "http://example.com:443", "https://example.com:80", "https://example.com.", "https://example.com:1",
        "https://example.com:65535", "capacitor://localhost", "ionic://localhost", "app://obsidian.md",
        "chrome-extension://gighmmpiobklfepjocnamgkkbiglidom", "moz-extension://0cf30a1d-2e3a-4b1f-8d6c-0b3c0f7a9d11",
        "tauri://localhost", "https://1a.example", "https://0xg.example",
    ])
    func `is read and written as the browser sends it`(header: String) {
        #expect(Origin(header)?.description == header)
    }

    @Test(arguments: [
        "", "null", "NULL", "*", "https", "https:", "https://", "://example.com", "//example.com", "example.com",
        "https:/example.com", "https:example.com", "HTTPS://example.com", "Https://example.com",
        "https://Example.com", "https://example.com/", "https://example.com/path", "https://example.com?q",
        "https://example.com#f", "https://user@example.com", "https://user:pass@example.com", "https://example.com:443",
        "http://example.com:80", "https://example.com:", "https://example.com:0", "https://example.com:00080",
        "https://example.com:08443", "https://example.com:65536", "https://example.com:+80", "https://example.com:x",
        "https://example.com:8443:1", "https://*.example.com", "https://example.com:*", "https://bücher.example",
        "https://ex%61mple.com", "https://example.com\\evil", "https://a..example", "https://.example.com",
        "https://example.com..", "https://.", "https://127.0.0.01", "https://127.1", "https://2130706433",
        "https://0x7f000001", "https://0x7f.1", "https://1.2.3.256", "https://1.2.3.4.5", "https://a.1",
        "https://1.2.3.4.", "https://::1", "https://[::1", "https://::1]", "https://[::1]x", "https://[]",
        "https://[0:0:0:0:0:0:0:1]", "https://[::0001]", "https://[2001:DB8::1]", "https://[::ffff:192.0.2.1]",
        "https://[fe80::1%eth0]", "https://[127.0.0.1]", "https://[::1]:443", " https://example.com",
        "https://example.com ", "https://exam ple.com", "https://example.com\t", "https://example.com\0",
        "https://example.com\r\n", "https://example.com, https://other.example",
        "https://example.com https://other.example", "https://example.com,https://other.example", "file://",
        "file://host", "data://x", "blob://x", "ws://example.com", "wss://example.com", "ftp://example.com",
        "about://blank", "javascript://x", "1https://example.com", "ht_tp://example.com", "https://exam\u{301}ple.com",
        "https\u{301}://example.com", "https://example.com\u{301}", "https://[::-0]",
        "https://" + String(repeating: "a", count: 64),
    ])
    func `is none when no browser sends it`(header: String) {
        #expect(Origin(header) == nil)
    }

    @Test(arguments: [
        ("http://localhost", true), ("http://localhost:3000", true), ("http://app.localhost", true),
        ("http://127.0.0.1", true), ("http://127.8.9.10", true), ("http://[::1]", true),
        ("http://localhost.evil.net", false),
        ("http://notlocalhost", false), ("http://128.0.0.1", false), ("http://[::2]", false),
        ("http://127.0.0.1.evil.net", false),
    ])
    func `is on this machine or not`(header: String, isLoopback: Bool) {
        #expect(Origin(header)?.isLoopback == isLoopback)
    }
}
