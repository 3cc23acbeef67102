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

    @Test(arguments: ["0.0.0.0", "255.255.255.255", "1.20.250.199", "10.0.0.1"])
    func `of the fourth version is four numbers`(text: String) {
        #expect(IPAddress(text)?.description == text)
    }

    @Test(arguments: [
        "", ".", "1", "1.2.3", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4.", "1.2.3.4.5", "256.0.0.0", "0.0.0.256",
        "259.0.0.0",
        "1000.0.0.0", "01.2.3.4", "1.2.3.00", "1.2.3.4 ", "1.2.3.a", "1.2.3.0x4", "١.2.3.4",
    ])
    func `of the fourth version is nothing else`(text: String) {
        #expect(IPAddress(text) == nil)
    }
}
