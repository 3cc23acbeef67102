import EphemeraldCore
import HTTP
import Testing
import Text

private let proxy = "10.0.0.1"
private let trusted = ["10.0.0.0/8", "2001:db8:ffff::/48", "unix:"]

private func client(
    from peer: String = proxy, _ fields: Fields, trusting entries: [String] = trusted, naming field: String? = nil
) throws -> ClientAddress {
    let peer: Peer = try peer == "unix" ? .unix : .ip(#require(IPAddress(peer)), port: 4711)
    let request = Request(method: .post, target: "/", fields: fields, peer: peer)
    let proxies = TrustedProxies(
        try entries.map { try .init(parsing: $0) }, naming: try field.map { try AddressField(parsing: $0) } ?? .either)
    return ClientAddress(of: request, behind: proxies)
}

@Suite struct `The client's address` {
    @Test(arguments: [
        // One hop and several.
        (["192.0.2.1"], "192.0.2.1"), (["192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        (["192.0.2.1,10.0.0.2,10.0.0.3"], "192.0.2.1"),
        (["203.0.113.9, 192.0.2.1"], "192.0.2.1"), (["10.0.0.9, 192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        (["10.0.0.2"], "10.0.0.2"), (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        // Lines stand in order.
        (["203.0.113.9", "192.0.2.1"], "192.0.2.1"), (["192.0.2.1", "10.0.0.2"], "192.0.2.1"),
        (["192.0.2.1", "10.0.0.3, 10.0.0.2"], "192.0.2.1"),
        // IPv6, ports, brackets, mapped addresses, white space.
        (["2001:db8::1"], "2001:db8::1"), (["[2001:db8::1]"], "2001:db8::1"), (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["192.0.2.1:4711"], "192.0.2.1"), (["::ffff:192.0.2.1"], "192.0.2.1"),
        (["192.0.2.1, ::ffff:10.0.0.2"], "192.0.2.1"),
        (["192.0.2.1, 2001:db8:ffff::2"], "192.0.2.1"), (["  192.0.2.1\t"], "192.0.2.1"),
        (["192.0.2.1 ,\t10.0.0.2:80 "], "192.0.2.1"),
        (["2001:DB8:0:0::1"], "2001:db8::1"),
        // Garbage ends the walk at the last good address.
        (["garbage"], proxy), ([""], proxy), (["unknown"], proxy), (["_hidden"], proxy),
        (["192.0.2.1, garbage"], proxy),
        (["192.0.2.1, garbage, 10.0.0.2"], "10.0.0.2"), (["garbage, 192.0.2.1"], "192.0.2.1"), (["192.0.2.1,"], proxy),
        (["192.0.2.1,,10.0.0.2"], "10.0.0.2"), (["192.0.2.1", ""], proxy), (["192.0.2.1 10.0.0.2"], proxy),
        (["192.0.2.01"], proxy), (["192.0.2"], proxy), (["192.0.2.256"], proxy), (["3221225985"], proxy),
        (["0xc0000201"], proxy),
        (["192.0.2.1:"], proxy), (["192.0.2.1:123456"], proxy), (["192.0.2.1:x"], proxy), (["[192.0.2.1]"], proxy),
        (["[2001:db8::1"], proxy), (["2001:db8::1]"], proxy), (["[2001:db8::1]4711"], proxy),
        (["[2001:db8::1]:"], proxy),
        (["fe80::1%eth0"], proxy), (["\"192.0.2.1\""], proxy), (["192.0.2.1\0"], proxy), (["１９２.0.2.1"], proxy),
        (["[]"], proxy), ([":"], proxy),
    ])
    func `is the rightmost untrusted of X-Forwarded-For`(lines: [String], address: String) throws {
        var fields = Fields()
        for line in lines { fields.append("x-forwarded-for", line) }
        let client = try client(fields)
        #expect(client.description == address)
        #expect(client.problem == nil)
    }

    @Test(arguments: [
        (["for=192.0.2.1"], "192.0.2.1"), (["For=192.0.2.1"], "192.0.2.1"), (["for=\"192.0.2.1\""], "192.0.2.1"),
        (["for=192.0.2.1;proto=https;by=10.0.0.1"], "192.0.2.1"),
        (["proto=https;host=\"a.example:443\";for=192.0.2.1"], "192.0.2.1"),
        (["for=192.0.2.1; proto=https ; by=10.0.0.1"], "192.0.2.1"), (["for=\"192.0.2.1:4711\""], "192.0.2.1"),
        (["for=\"[2001:db8::1]\""], "2001:db8::1"), (["for=\"[2001:db8::1]:4711\""], "2001:db8::1"),
        (["for=\"[2001:db8::1]:_port\""], "2001:db8::1"), (["for=\"192.0.2.1:_a.b-c\""], "192.0.2.1"),
        (["for=[2001:db8::1]"], "2001:db8::1"), (["for=192.0.2.1:80"], "192.0.2.1"),
        (["for=203.0.113.9, for=192.0.2.1"], "192.0.2.1"), (["for=192.0.2.1, for=10.0.0.2"], "192.0.2.1"),
        (["for=192.0.2.1,for=10.0.0.2;proto=http,for=\"[2001:db8:ffff::2]\""], "192.0.2.1"),
        (["for=192.0.2.1", "for=10.0.0.2"], "192.0.2.1"),
        (["for=203.0.113.9", "for=192.0.2.1"], "192.0.2.1"), (["for=\"\\1\\92.0.2.1\""], "192.0.2.1"),
        (["for=unknown, for=192.0.2.1"], "192.0.2.1"), (["for=\"_gazonk\", for=10.0.0.2"], "10.0.0.2"),
        (["for=unknown"], proxy), (["for=_hidden"], proxy), (["for=\"_SEVKISEK\""], proxy),
        (["for=\"unknown:80\""], proxy),
        (["by=192.0.2.1"], proxy), (["proto=https"], proxy), ([""], proxy), (["for="], proxy), (["for=\"\""], proxy),
        (["192.0.2.1"], proxy),
        (["for=192.0.2.1;for=192.0.2.2"], proxy), (["for=\"192.0.2.1"], proxy), (["for=192.0.2.1\""], proxy),
        (["for =192.0.2.1"], proxy),
        (["for= 192.0.2.1"], proxy), (["for=192.0.2.1;"], proxy), (["for=192.0.2.1,"], proxy),
        (["for=2001:db8::1"], proxy),
        (["for=\"2001:db8::1\""], proxy), (["for=\"192.0.2.1\"x"], proxy), (["for=\"192.0.2.1\\"], proxy),
        (["for=192.0.2.1 for=192.0.2.2"], proxy),
        (["for=\"[2001:db8::1]:_\""], proxy), (["for=\"192.0.2.1, for=192.0.2.2\""], proxy),
        // What a client leaves open or spoils must not choose the address that the proxy adds.
        (["for=\"203.0.113.9", "for=192.0.2.1"], "192.0.2.1"),
        (["for=203.0.113.9;x=\"", "for=192.0.2.1"], "192.0.2.1"),
        (["for=\"203.0.113.9\"x, for=192.0.2.1"], "192.0.2.1"), (["x y, for=192.0.2.1"], "192.0.2.1"),
        (["=, for=192.0.2.1"], "192.0.2.1"),
        (["for=203.0.113.9;x=\", for=192.0.2.1"], proxy), (["for=203.0.113.9;x=\", for=\"[2001:db8::1]\""], proxy),
        (["for=203.0.113.9, x=\", for=\"192.0.2.1\";by=\"10.0.0.1\""], proxy),
    ])
    func `is the rightmost untrusted of Forwarded`(lines: [String], address: String) throws {
        var fields = Fields()
        for line in lines { fields.append("forwarded", line) }
        let client = try client(fields)
        #expect(client.description == address)
        #expect(client.problem == nil)
    }

    @Test(
        arguments: [
            ("192.0.2.7", trusted, [:], "192.0.2.7", nil), (proxy, trusted, [:], proxy, nil),
            ("unix", trusted, [:], "unix", nil),
            ("192.0.2.7", trusted, ["X-Forwarded-For": "203.0.113.9"], "192.0.2.7", .untrustedForwarding),
            ("192.0.2.7", trusted, ["Forwarded": "for=203.0.113.9"], "192.0.2.7", .untrustedForwarding),
            ("unix", trusted, ["X-Forwarded-For": "203.0.113.9"], "203.0.113.9", nil),
            ("unix", trusted, ["X-Forwarded-For": "x"], "unix", nil),
            ("unix", ["10.0.0.0/8"], ["X-Forwarded-For": "203.0.113.9"], "unix", .untrustedForwarding),
            ("::ffff:10.0.0.1", trusted, ["X-Forwarded-For": "203.0.113.9"], "203.0.113.9", nil),
            ("2001:db8:ffff::1", trusted, ["X-Forwarded-For": "203.0.113.9"], "203.0.113.9", nil),
            (proxy, trusted, ["X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1"], "192.0.2.1", nil),
            (
                proxy, trusted, ["X-Forwarded-For": "192.0.2.1", "Forwarded": "for=\"[::ffff:c000:201]:80\""],
                "192.0.2.1", nil
            ),
            (
                proxy, trusted, ["X-Forwarded-For": "9.9.9.9, 192.0.2.1", "Forwarded": "for=192.0.2.1"], "192.0.2.1",
                nil
            ),
            (proxy, trusted, ["X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.2"], proxy, .headersDisagree),
            (proxy, trusted, ["X-Forwarded-For": "192.0.2.1", "Forwarded": "for=unknown"], proxy, .headersDisagree),
            (proxy, trusted, ["X-Forwarded-For": "", "Forwarded": "for=192.0.2.1"], proxy, .headersDisagree),
            (
                "unix", trusted, ["X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.2"], "unix",
                .headersDisagree
            ),
            (
                "192.0.2.7", trusted, ["X-Forwarded-For": "1.1.1.1", "Forwarded": "for=2.2.2.2"], "192.0.2.7",
                .untrustedForwarding
            ),
        ] as [(String, [String], Fields, String, ClientAddress.Problem?)])
    func `depends on who is trusted`(
        peer: String, entries: [String], fields: Fields, address: String, problem: ClientAddress.Problem?
    ) throws {
        let client = try client(from: peer, fields, trusting: entries)
        #expect(client.description == address)
        #expect(client.problem == problem)
    }

    @Test(
        arguments: [
            ("x-forwarded-for", ["X-Forwarded-For": "9.9.9.9, 192.0.2.1", "Forwarded": "for=9.9.9.9"], "192.0.2.1"),
            ("x-forwarded-for", ["Forwarded": "for=9.9.9.9"], proxy),
            ("Forwarded", ["X-Forwarded-For": "9.9.9.9", "Forwarded": "for=192.0.2.1"], "192.0.2.1"),
            ("forwarded", ["X-Forwarded-For": "9.9.9.9"], proxy),
            ("CF-Connecting-IP", ["cf-connecting-ip": "192.0.2.1", "X-Forwarded-For": "9.9.9.9"], "192.0.2.1"),
            ("CF-Connecting-IP", ["CF-Connecting-IP": "2001:db8::1"], "2001:db8::1"),
            ("X-Azure-ClientIP", ["X-Azure-ClientIP": " 192.0.2.1:4711 "], "192.0.2.1"),
            ("CF-Connecting-IP", ["X-Forwarded-For": "9.9.9.9", "Forwarded": "for=9.9.9.9"], proxy),
            // A list, a line too many, and garbage name nobody.
            ("CF-Connecting-IP", ["CF-Connecting-IP": "9.9.9.9, 192.0.2.1"], proxy),
            ("CF-Connecting-IP", ["CF-Connecting-IP": "9.9.9.9", "CF-Connecting-IP": "192.0.2.1"], proxy),
            ("CF-Connecting-IP", ["CF-Connecting-IP": "unknown"], proxy),
            // Counted from the right, trusted or not.
            ("1", ["X-Forwarded-For": "9.9.9.9, 192.0.2.1"], "192.0.2.1"),
            ("2", ["X-Forwarded-For": "9.9.9.9, 192.0.2.1, 192.0.2.7"], "192.0.2.1"),
            ("2", ["X-Forwarded-For": "9.9.9.9, 192.0.2.1", "X-Forwarded-For": "10.0.0.7"], "192.0.2.1"),
            ("1", ["X-Forwarded-For": "9.9.9.9, 10.0.0.7"], "10.0.0.7"),
            ("3", ["X-Forwarded-For": "9.9.9.9, 192.0.2.1"], proxy),
            ("2", ["X-Forwarded-For": "9.9.9.9, , 10.0.0.7"], proxy),
            ("1", ["X-Forwarded-For": ""], proxy), ("1", ["Forwarded": "for=9.9.9.9"], proxy),
        ] as [(String, Fields, String)])
    func `is read from the one field of the setting`(field: String, fields: Fields, address: String) throws {
        let named = try client(fields, naming: field)
        #expect(named.description == address && named.problem == nil)
        // Nobody else is believed.
        let direct = try client(from: "192.0.2.7", fields, naming: field)
        #expect(direct.description == "192.0.2.7")
    }

    @Test(arguments: [
        "", "0", "17", "-1", "x forwarded for", "x-forwarded-for,forwarded", String(repeating: "x", count: 65),
    ])
    func `is not read from what cannot be a field`(text: String) {
        #expect(throws: Invalid.self) { try AddressField(parsing: text) }
    }

    @Test func `is the peer's when nobody is trusted`() throws {
        let peer = Peer.ip(try #require(IPAddress("127.0.0.1")), port: 1)
        let request = Request(method: .post, target: "/", fields: ["X-Forwarded-For": "192.0.2.1"], peer: peer)
        #expect(ClientAddress(of: request, behind: .none).description == "127.0.0.1")
    }

    @Test(arguments: [
        ("2001:db8::1", "2001:db8::2", true), ("2001:db8::", "2001:db8:0:0:ffff::1", true),
        ("2001:db8::1", "2001:db8:0:1::1", false),
        ("192.0.2.1", "192.0.2.2", false), ("192.0.2.1", "::ffff:192.0.2.1", true), ("unix", "::1", false),
        ("unix", "ffff::1", false),
        ("unix", "255.255.255.255", false), ("::1", "0.0.0.0", false), ("unix", "unix", true),
    ])
    func `is counted by /64 or whole`(one: String, other: String, isOne: Bool) throws {
        #expect(try (client(from: one, [:]).limitKey == client(from: other, [:]).limitKey) == isOne)
    }

    @Test(arguments: ["", "10.0.0.0/8,", "10.0.0.1/8", "unix", "unix:/run/x", "10.0.0.0/8;unix:", "localhost"])
    func `is not found with a wrong entry`(entry: String) {
        #expect(throws: Invalid.self) { try TrustedProxies.Entry(parsing: entry) }
    }
}
