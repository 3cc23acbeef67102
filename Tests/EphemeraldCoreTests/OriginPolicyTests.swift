import EphemeraldCore
import HTTP
import Testing

private let allowList = [
    "https://app-*-team.host.example", "https://example.com", "https://shop.example:8443", "https://*.wild.example",
    "https://*.ports.example:9443",
    "http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*", "https://xn--bcher-kva.example",
    "http://plain.example", "https://192.0.2.7", "https://[2001:db8::7]:444", "capacitor://localhost",
    "chrome-extension://abcdefghijklmnop",
]

private func policy(allowsMissing: Bool = false) throws -> OriginPolicy {
    OriginPolicy(allowing: try allowList.map { try OriginPattern(parsing: $0) }, allowsMissing: allowsMissing)
}

extension OriginPolicy {
    fileprivate func admits(_ origin: String) -> Bool { verdict(on: ["Origin": origin]) == .allowed(origin) }

    fileprivate func admit(_ fields: Fields) throws(Refusal) -> String? { try admit(verdict(on: fields)) }

    fileprivate func responseFields(for fields: Fields, refusedBy refusal: Refusal? = nil) -> Fields {
        var response = Fields()
        addResponseFields(to: &response, for: verdict(on: fields), refusedBy: refusal)
        return response
    }
}

@Suite struct `The origin policy` {
    @Test(arguments: [
        "https://example.com", "https://shop.example:8443", "https://a.wild.example",
        "https://xn--bcher-kva.wild.example",
        "https://app-1-team.host.example", "https://app-git-fix-team.host.example", "https://a-b.wild.example",
        "https://a_b.wild.example", "https://1.wild.example", "https://wild.wild.example",
        "https://a.ports.example:9443", "http://localhost", "http://localhost:3000", "http://localhost:1",
        "http://localhost:443", "http://localhost:65535", "http://127.0.0.1", "http://127.0.0.1:5173", "http://[::1]",
        "http://[::1]:8080", "https://xn--bcher-kva.example", "http://plain.example", "https://192.0.2.7",
        "https://[2001:db8::7]:444", "capacitor://localhost", "chrome-extension://abcdefghijklmnop",
    ])
    func `admits an origin on the list and lets it read the answer`(origin: String) throws {
        let request: Fields = ["Origin": origin]
        #expect(try policy().admit(request) == origin)
        let fields = try policy().responseFields(for: request)
        #expect(fields["Access-Control-Allow-Origin"] == origin)
        #expect(fields["Access-Control-Expose-Headers"] == "Retry-After, RateLimit, RateLimit-Policy, X-Request-Id")
        #expect(fields["Vary"] == "Origin")
        #expect(fields.count(of: "Access-Control-Allow-Credentials") == 0)
        #expect(fields.all.count == 3)
    }

    @Test(arguments: [
        // Not an origin at all.
        "", " ", "null", "NULL", "Null", "*", "undefined", "about:blank", "file://", "data:", "https://", "https",
        // Look-alikes and suffix tricks.
        "https://evilexample.com", "https://example.com.evil.net", "https://example.comevil.net", "https://example.co",
        "https://xample.com", "https://eexample.com", "https://example-com.evil.net", "https://example.com-evil.net",
        "https://example.net", "https://www.example.com", "https://evil.net", "https://example", "https://com",
        "https://examp1e.com", "https://example.com.", "https://.example.com", "https://example..com",
        "https://example_com",
        "https://example.com.example.com", "https://example%2ecom", "https://example%2Ecom",
        "https://example.com%00.evil.net",
        "https://example.com%60.evil.net", "https://example.com`.evil.net", "https://example.com'.evil.net",
        "https://example.com!.evil.net", "https://example.com{.evil.net", "https://example.com\\.evil.net",
        // The scheme.
        "http://example.com", "HTTPS://example.com", "Https://example.com", "httpss://example.com", "ftp://example.com",
        "ws://example.com", "wss://example.com", "https:example.com", "https:/example.com", "https:///example.com",
        "//example.com", "example.com", "://example.com", "blob:https://example.com", "filesystem:https://example.com",
        "view-source:https://example.com", "https://https://example.com", "javascript://example.com",
        "file://example.com",
        // The port.
        "https://example.com:443", "https://example.com:80", "https://example.com:8443", "https://example.com:",
        "https://example.com:0", "https://example.com:0443", "https://example.com:65536", "https://example.com:*",
        "https://shop.example", "https://shop.example:8444", "https://shop.example:08443", "https://shop.example:84430",
        "https://shop.example:8443:8443", "http://plain.example:80", "http://plain.example:8080",
        "https://plain.example",
        "https://shop.example:+8443", "https://shop.example: 8443",
        // Case.
        "https://Example.com", "https://EXAMPLE.COM", "https://example.Com", "https://A.wild.example",
        "http://LOCALHOST:3000",
        // Path, query, fragment, user.
        "https://example.com/", "https://example.com//", "https://example.com/path", "https://example.com?",
        "https://example.com#",
        "https://example.com?https://example.com", "https://user@example.com", "https://user:pass@example.com",
        "https://example.com@evil.net", "https://example.com:443@evil.net", "https://evil.net/https://example.com",
        "https://evil.net?https://example.com", "https://evil.net#https://example.com",
        "https://evil.net\\@example.com",
        "https://@example.com",
        // Several origins in one field, and white space.
        "https://example.com, https://example.com", "https://example.com,https://evil.net",
        "https://example.com https://evil.net",
        "https://evil.net https://example.com", "https://evil.net, https://example.com", " https://example.com",
        "https://example.com ", "https://example.com\t", "https://example.com\r\n", "https://example.com\0",
        "https:// example.com",
        "https://exam\tple.com",
        // Wildcards.
        "https://wild.example", "https://.wild.example", "https://a.b.wild.example", "https://evilwild.example",
        "https://a-wild.example",
        "https://a..wild.example", "https://a.wild.example.", "https://a.wild.example.evil.net",
        "https://a.wild.example:8443",
        "https://a.wild.example:443", "http://a.wild.example", "https://*.wild.example", "https://*",
        "https://a.wildxexample",
        "https://a.wild.example/", "https://u@a.wild.example", "https://evil.net/.wild.example",
        "https://evil.net#.wild.example",
        "https://evil.net\\.wild.example", "https://%61.wild.example", "https://a!.wild.example",
        "https://b\u{FC}cher.wild.example",
        "https://a.wild.example,https://evil.net", "https://evil.net,https://a.wild.example", "https://a.ports.example",
        "https://a.ports.example:9444", "https://a.b.ports.example:9443", "https://ports.example:9443",
        "https://app--team.host.example", "https://app-1-team.evil.example", "https://evil-1-team.host.example",
        "https://app-1-team.host.example:8443", "https://app-1.b-team.host.example", "https://app-1-teams.host.example",
        // Loopback.
        "https://localhost", "https://localhost:3000", "http://localhost:0", "http://localhost:80", "http://localhost:",
        "http://localhost:*", "http://localhost:65536", "http://localhost:3000/", "http://localhost.:3000",
        "http://localhost.evil.net",
        "http://localhost.evil.net:3000", "http://localhost:3000.evil.net", "http://localhost:3000@evil.net",
        "http://evil.localhost",
        "http://notlocalhost:3000", "http://127.0.0.1.evil.net:3000", "http://127.0.0.2:3000", "http://127.1:3000",
        "http://127.0.0.01", "http://2130706433", "http://0x7f.0.0.1", "http://0:3000", "http://0.0.0.0:3000",
        "http://[::]:3000",
        "http://[::ffff:127.0.0.1]", "http://[::ffff:7f00:1]", "http://[0:0:0:0:0:0:0:1]", "http://[::1]:080",
        "http://::1",
        "http://::1:3000", "http://[::1", "http://[::1]3000", "http://[::1%lo]:3000",
        // Addresses and international names.
        "https://192.0.2.70", "https://192.0.2.07", "https://192.0.2.7:8443", "https://192.0.2.7.evil.net",
        "https://3221225991",
        "https://[::ffff:c000:207]", "https://[2001:db8::7]", "https://[2001:DB8::7]:444",
        "https://[2001:db8:0::7]:444",
        "https://b\u{FC}cher.example", "https://bu\u{308}cher.example", "https://xn--bcher-kvb.example",
        "https://XN--bcher-kva.example",
        "https://ex\u{430}mple.com", "https://example\u{3002}com", "https://example.com\u{200D}",
        "https://example\u{2024}com",
        "https://example.com\u{301}", "\u{FEFF}https://example.com", "http://\u{212A}.example",
        // Schemes of apps are compared exactly.
        "capacitor://localhost:3000", "capacitor://localhost/", "capacitor://evil", "ionic://localhost", "capacitor://",
        "chrome-extension://abcdefghijklmno", "chrome-extension://ABCDEFGHIJKLMNOP",
        "chrome-extension://abcdefghijklmnop.evil",
        "moz-extension://abcdefghijklmnop",
    ])
    func `refuses a stranger and lets them read that, and nothing else`(origin: String) throws {
        let request: Fields = ["Origin": origin]
        let mayKnow: Fields = ["Access-Control-Allow-Origin": origin, "Vary": "Origin"]
        for allowsMissing in [false, true] {
            let policy = try policy(allowsMissing: allowsMissing)
            #expect(throws: Refusal.originNotAllowed) { try policy.admit(request) }
            #expect(policy.responseFields(for: request) == ["Vary": "Origin"])
            #expect(policy.responseFields(for: request, refusedBy: .unknownSession) == ["Vary": "Origin"])
            let refused = policy.responseFields(for: request, refusedBy: .originNotAllowed)
            #expect(refused == (Origin(origin) == nil ? ["Vary": "Origin"] : mayKnow))
        }
    }

    @Test func `finds each of many entries, and nothing beside them`() throws {
        let numbers = 0..<300
        let policy = OriginPolicy(
            allowing: try numbers.flatMap { number in
                try [
                    "https://a\(number).example", "https://*.b\(number).example:8443", "http://c\(number).localhost:*",
                    "https://app\(number)-*.d.example",
                ].map { try OriginPattern(parsing: $0) }
            }, allowsMissing: false)
        for number in numbers {
            for origin in [
                "https://a\(number).example", "https://x.b\(number).example:8443", "http://c\(number).localhost:5173",
                "http://c\(number).localhost", "https://app\(number)-x.d.example",
            ] {
                #expect(policy.admits(origin))
            }
            for origin in [
                "https://a\(number).example:8443", "https://x.b\(number).example", "https://c\(number).localhost:5173",
                "https://b\(number).example:8443", "https://app\(number)-x.e.example", "https://a\(number)x.example",
            ] {
                #expect(!policy.admits(origin))
            }
        }
    }

    @Test func `sends Allow-Credentials to an allowed origin only, and only where the settings say so`() throws {
        let policy = OriginPolicy(
            allowing: [try OriginPattern(parsing: "https://example.com")], allowsMissing: true, allowsCredentials: true)
        for refusal in [nil, .originNotAllowed, .upstreamError, .originNotAllowedForSession] as [Refusal?] {
            let own = policy.responseFields(for: ["Origin": "https://example.com"], refusedBy: refusal)
            #expect(own.values(of: "Access-Control-Allow-Credentials") == ["true"])
            #expect(own.values(of: "Access-Control-Allow-Origin") == ["https://example.com"])
            for fields in [["Origin": "https://evil.net"], ["Origin": "null"], [:]] as [Fields] {
                let other = policy.responseFields(for: fields, refusedBy: refusal)
                #expect(other.count(of: "Access-Control-Allow-Credentials") == 0)
            }
        }
    }

    @Test(arguments: [
        ["https://example.com", "https://example.com"], ["https://example.com", "https://evil.net"],
        ["https://evil.net", "https://example.com"], ["", "https://example.com"], ["https://example.com", ""],
        ["null", "https://example.com"], ["https://example.com", "https://shop.example:8443", "https://example.com"],
    ])
    func `refuses more than one origin line`(origins: [String]) throws {
        var fields = Fields()
        for (index, origin) in origins.enumerated() { fields.append(index == 0 ? "Origin" : "origin", origin) }
        let policy = try policy(allowsMissing: true)
        #expect(throws: Refusal.originNotAllowed) { try policy.admit(fields) }
        #expect(policy.responseFields(for: fields) == ["Vary": "Origin"])
        #expect(policy.responseFields(for: fields, refusedBy: .originNotAllowed) == ["Vary": "Origin"])
    }

    @Test(
        arguments: [
            ([:], true, nil), ([:], false, .originMissing), (["Sec-Fetch-Site": "cross-site"], true, .originNotAllowed),
            (["Sec-Fetch-Site": "cross-site"], false, .originNotAllowed),
            (["sec-fetch-site": "Cross-Site"], true, .originNotAllowed),
            (["Sec-Fetch-Site": "same-origin"], true, nil), (["Sec-Fetch-Site": "same-site"], false, .originMissing),
            (["Sec-Fetch-Site": "none"], true, nil), (["Referer": "https://example.com/"], false, .originMissing),
            (["Sec-Fetch-Site": "none", "Sec-Fetch-Site": "cross-site"], true, .originNotAllowed),
        ] as [(Fields, Bool, Refusal?)])
    func `decides on a request without an origin by the setting`(fields: Fields, allowsMissing: Bool, refusal: Refusal?)
        throws
    {
        let policy = try policy(allowsMissing: allowsMissing)
        do throws(Refusal) {
            #expect(try policy.admit(fields) == nil)
            #expect(refusal == nil)
        } catch {
            #expect(error == refusal)
        }
        #expect(policy.responseFields(for: fields) == ["Vary": "Origin"])
    }

    @Test func `admits an origin on the list from another site`() throws {
        let request: Fields = ["Sec-Fetch-Site": "cross-site", "Origin": "https://example.com"]
        #expect(try policy().admit(request) == "https://example.com")
    }

    @Test(
        arguments: [
            ("https://example.com", nil, true), (nil, nil, true),
            ("https://example.com", ["https://example.com"], true),
            ("https://a.wild.example", ["https://*.wild.example"], true),
            ("https://example.com", ["https://shop.example:8443"], false),
            (nil, ["https://example.com"], false), ("https://example.com", [], false),
        ] as [(String?, [String]?, Bool)])
    func `lets a session narrow the list`(origin: String?, entries: [String]?, isAdmitted: Bool) throws {
        let list = try entries.map { OriginList(try $0.map { try OriginPattern(parsing: $0) }) }
        let policy = try policy()
        do throws(Refusal) {
            try policy.admit(origin, toSessionOf: list)
            #expect(isAdmitted)
        } catch {
            #expect(error == .originNotAllowedForSession)
            #expect(!isAdmitted)
        }
    }
}
