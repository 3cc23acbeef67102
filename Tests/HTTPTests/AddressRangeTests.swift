import HTTP
import Testing

@Suite struct `A range of addresses` {
    @Test(arguments: [
        ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], ["9.255.255.255", "11.0.0.0", "::a00:1"]),
        ("192.0.2.1", ["192.0.2.1", "::ffff:192.0.2.1"], ["192.0.2.0", "192.0.2.2"]),
        ("192.0.2.1/32", ["192.0.2.1"], ["192.0.2.2"]),
        ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127"]),
        ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::", "::1", "2001:db8::1"]),
        ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::", "32.1.13.184"]),
        ("::1", ["::1"], ["::", "::2", "0.0.0.1"]), ("fe80::/10", ["fe80::1", "febf::1"], ["fec0::1"]),
        ("::/0", ["::", "2001:db8::1", "ffff::"], ["192.0.2.1"]), ("2001:db8::1/128", ["2001:db8::1"], ["2001:db8::2"]),
        ("::ffff:10.0.0.0/104", ["10.1.2.3"], ["11.0.0.0"]), ("::ffff:0:0/96", ["10.1.2.3", "255.0.0.1"], ["::1"]),
        ("2001:db8::8000:0:0:0/65", ["2001:db8::8000:0:0:1"], ["2001:db8::1"]),
    ])
    func `holds the addresses under its prefix`(text: String, inside: [String], outside: [String]) throws {
        let range = try AddressRange(parsing: text)
        for address in inside { #expect(range.contains(try #require(IPAddress(address))), "\(address)") }
        for address in outside { #expect(!range.contains(try #require(IPAddress(address))), "\(address)") }
        #expect(try AddressRange(parsing: range.description) == range)
    }

    @Test(arguments: [
        ("10.0.0.1/8", "write 10.0.0.0/8 for the network, or 10.0.0.1"), ("192.0.2.129/25", "write 192.0.2.128/25"),
        ("2001:db8::1/32", "write 2001:db8::/32 for the network"), ("0.0.0.1/0", "write 0.0.0.0/0"),
        ("::1/0", "write ::/0"),
        ("::ffff:10.1.0.0/104", "write 10.0.0.0/8"), ("10.0.0.0/33", "write 0 to 32"), ("::/129", "write 0 to 128"),
        ("10.0.0.0/", "is not a prefix length"), ("10.0.0.0/08", "is not a prefix length"),
        ("10.0.0.0/-1", "is not a prefix length"),
        ("10.0.0.0/+8", "is not a prefix length"), ("10.0.0.0/8/8", "is not a prefix length"),
        ("10.0.0.0/00", "is not a prefix length"),
        ("10.0.0.0/255.0.0.0", "is not a prefix length"), ("10.0.0.0/ 8", "is not a prefix length"),
        ("", "is not an address"),
        ("10.0.0/8", "is not an address"), ("10/8", "is not an address"), ("localhost", "is not an address"),
        ("[::1]", "is not an address"),
        ("10.0.0.1:80", "is not an address"), ("010.0.0.0/8", "is not an address"),
        ("fe80::1%eth0", "is not an address"),
        ("10.0.0.0-10.0.0.255", "is not an address"), ("*", "is not an address"), ("/8", "is not an address"),
    ])
    func `is refused with what is right`(text: String, words: String) {
        #expect {
            try AddressRange(parsing: text)
        } throws: {
            "\($0)".contains(words) && "\($0)".hasPrefix(text.debugDescription)
        }
    }
}
