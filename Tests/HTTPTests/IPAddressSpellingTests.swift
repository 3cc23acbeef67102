import HTTP
import Testing

@Suite struct `The spelling of an IP address` {
    @Test(arguments: ["::-0", "::+1", "-0::", "1::-1", "::-0.0.0.0", "-1.2.3.4", "+1.2.3.4"])
    func `has no sign`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("192.0.2.1", "::ffff:c000:201"), ("::ffff:192.0.2.1", "::ffff:c000:201"),
        ("2001:DB8:0:0:1::", "2001:db8:0:0:1::"),
        ("::", "::"), ("::1", "::1"),
    ])
    func `is hexadecimal throughout in an origin`(text: String, spelling: String) {
        #expect(IPAddress(text)?.v6Description == spelling)
    }
}
