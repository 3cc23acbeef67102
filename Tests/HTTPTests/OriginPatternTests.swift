import HTTP
import Text
import Testing

@Suite struct `An entry of an allow-list` {
    @Test(arguments: [
        "https://example.com", "https://example.com:8443", "https://*.example.com", "https://*.example.com:8443",
        "https://app-*-team.example.com", "https://*-team.example.com:8443", "https://app-*.example.com",
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
        ("https:example.com", "scheme is missing"), ("://example.com", "is not a scheme"),
        ("*://example.com", "is not a scheme"),
        ("ht_tp://example.com", "is not a scheme"), ("file://", "no page has an origin with file:"),
        ("wss://example.com", "no page has an origin with wss:"), ("ftp://example.com", "no page"),
        ("capacitor://*", "compared exactly"), ("chrome-extension://*", "compared exactly"),
        ("capacitor://localhost:*", "compared exactly"), ("app://*.example.com", "compared exactly"),
        ("https://a.*.example.com", "whole label at the front"),
        ("https://*.a*.example.com", "whole label at the front"),
        ("https://a-*-*.example.com", "or a part of it"), ("https://*.*.example.com", "whole label at the front"),
        ("https://a*", "one label"), ("https://a*.com", "one label"), ("https://a*b.localhost", "one label"),
        ("https://a!*.example.com", "not a label of a host name"), ("https://a*.192.0.2.1", "an address has no names"),
        ("https://\(String(repeating: "a", count: 63))*.example.com", "at most 62 in all"),
        ("https://a*.", "empty label"),
        ("https://example.*", "whole label at the front"), ("https://**.example.com", "whole label at the front"),
        ("https://*.", "empty label"), ("https://*.192.0.2.1", "an address has no names"),
        ("https://*.[::1]", "an address has no names"), ("https://a..example.com", "empty label"),
        ("https://.example.com", "empty label"),
        ("https://example.com.", "write https://example.com"), ("https://", "host is missing"),
        ("https://:8443", "host is missing"),
        ("https://example.com:", "write https://example.com"), ("https://example.com:0", "is not a port"),
        ("https://example.com:65536", "is not a port"), ("https://example.com:http", "is not a port"),
        ("https://example.com:08443", "is not a port"), ("https://example.com:-1", "is not a port"),
        ("https://example.com:8*", "is not a port"), ("https://example.com:*", "any port is for localhost"),
        ("http://192.0.2.1:*", "any port is for localhost"),
        ("http://localhost.evil.net:*", "any port is for localhost"),
        ("http://*.localhost:*", "whole label at the front"), ("https://exam ple.com", "a space or control character"),
        ("https://a.example https://b.example", "a space or control character"),
        ("https://example.com\n", "a space or control"),
        ("https://example.com\u{A0}", "a space or control"), ("https://example.com\0", "a space or control"),
        ("http://::1", "needs brackets"), ("http://2001:db8::1:3000", "needs brackets"),
        ("http://[::1", "is not an IPv6 address"),
        ("http://[::1]3000", "is not an IPv6 address"), ("http://[127.0.0.1]", "is not an IPv6 address"),
        ("http://[0:0:0:0:0:0:0:1]", "write http://[::1]"), ("http://[2001:db8:0::1]", "write http://[2001:db8::1]"),
        ("http://[::ffff:192.0.2.1]", "write http://[::ffff:c000:201]"),
        ("http://127.0.0.01", "is not an IPv4 address"),
        ("http://127.1", "is not an IPv4 address"), ("http://1.2.3.4.5", "is not an IPv4 address"),
        ("http://2130706433", "is not an IPv4"),
        ("http://0x7f000001", "is not an IPv4 address"), ("http://1.2.3.256", "is not an IPv4 address"),
        ("https://ex!ample.com", "is not a host name"), ("https://exam%70le.com", "is not a host name"),
        ("https://a\\b.example", "is not a host name"),
    ])
    func `is refused with what is right`(entry: String, words: String) {
        #expect {
            try OriginPattern(parsing: entry)
        } throws: {
            "\($0)".contains(words) && "\($0)".hasPrefix(entry.debugDescription)
        }
    }

    @Test(arguments: [
        ("app-1-team", true), ("app-git-main-team", true), ("app---team", true), ("app-0-team", true),
        ("app-xn--bcher-kva-team", true), ("app-app-1-team-team", true),
        ("app--team", false), ("app-team", false), ("app-1-teams", false), ("xapp-1-team", false), ("app-1", false),
        ("app-1_2-team", false), ("app-1.evil-team", false), ("evil.app-1-team", false), ("app-1-team.evil", false),
        ("app-1-tea", false), ("pp-1-team", false), ("team", false), ("*", false), ("app-*-team", false),
    ])
    func `with a star inside the label matches one or more letters, digits and hyphens`(
        label: String, isAdmitted: Bool
    ) throws {
        let pattern = try OriginPattern(parsing: "https://app-*-team.example.com")
        func matches(_ text: String) -> Bool { Origin(text).map(pattern.matches) ?? false }
        #expect(matches("https://\(label).example.com") == isAdmitted)
        #expect(!matches("http://\(label).example.com"))
        #expect(!matches("https://\(label).example.com:8443"))
        #expect(!matches("https://\(label).example.net"))
        #expect(!matches("https://\(label).a.example.com"))
    }

    @Test(arguments: [
        ("https://app-*.example.com", "https://app-1.example.com", true),
        ("https://app-*.example.com", "https://app-.example.com", false),
        ("https://*-team.example.com", "https://a-team.example.com", true),
        ("https://*-team.example.com", "https://-team.example.com", false),
        ("https://*-team.example.com:81", "https://a-team.example.com:81", true),
        ("https://aa*aa.example.com", "https://aaa.example.com", false),
        ("https://aa*aa.example.com", "https://aaaaa.example.com", true),
    ])
    func `never lets the star be nothing, nor a character count twice`(entry: String, origin: String, isAdmitted: Bool)
        throws
    {
        #expect(try OriginPattern(parsing: entry).matches(try #require(Origin(origin))) == isAdmitted)
    }

    private static let sharedSuffixes = [
        "vercel.app", "netlify.app", "pages.dev", "workers.dev", "github.io", "gitlab.io", "herokuapp.com", "web.app",
        "firebaseapp.com", "s3.eu-west-1.amazonaws.com", "execute-api.us-east-1.amazonaws.com",
        "lambda-url.us-east-1.on.aws", "blob.core.windows.net", "z6.web.core.windows.net", "onrender.com", "fly.dev",
        "up.railway.app", "azurewebsites.net", "azurestaticapps.net",
        "westeurope-01.azurewebsites.net", "centralus.azurestaticapps.net", "cloudfront.net", "amplifyapp.com",
        "ngrok.io", "ngrok-free.app", "ngrok.app", "eu.ngrok-free.app", "trycloudflare.com", "loca.lt", "replit.app",
        "janeway.replit.dev", "repl.co", "glitch.me", "surge.sh", "a.run.app", "us-central1.run.app", "appspot.com",
        "uc.r.appspot.com", "stackblitz.io", "webcontainer.io", "local-credentialless.webcontainer.io",
        "codesandbox.io", "csb.app", "ws-eu1.gitpod.io", "github.dev", "app.github.dev", "lovable.app", "bolt.host",
        "s3-website-us-east-1.amazonaws.com", "euw.devtunnels.ms", "co.uk", "com.au",
    ]

    @Test(arguments: sharedSuffixes)
    func `is refused where strangers can have a name that fits, unless that is allowed`(suffix: String) throws {
        for label in ["*", "app-*", "*a", "*-a", "*-ab", "app-*team"] {
            let entry = "https://\(label).\(suffix)"
            let error = #expect(throws: Invalid.self) { try OriginPattern(parsing: entry) }
            #expect(error?.reason.contains("anyone can register a name under \(suffix)") == true)
            #expect(error?.reason.contains("ALLOW_SHARED_SUFFIXES=true") == true)
            #expect(try OriginPattern(parsing: entry, allowsSharedSuffixes: true).description == entry)
        }
        for entry in ["https://app.\(suffix)", "https://*-team.\(suffix)", "https://app-*-team.\(suffix)"] {
            #expect(try OriginPattern(parsing: entry).description == entry)
        }
    }

    @Test(arguments: [
        ("https://*.vercel.app", "https://stranger.vercel.app"),
        ("https://app-*.vercel.app", "https://app-evil.vercel.app"),
        ("http://*-x.vercel.app", "http://evil-x.vercel.app"),
    ])
    func `is refused with a page that it would admit`(entry: String, page: String) {
        #expect { try OriginPattern(parsing: entry) } throws: { "\($0)".contains("such as \(page);") }
    }

    @Test(arguments: [
        "https://*.example.com", "https://app-*.example.com", "https://*.app.vercel.example",
        "https://*.team.github.io",
        "https://*.my-vercel.app", "https://*.app.up.railway.app",
    ])
    func `may have a star under a domain that belongs to somebody`(entry: String) throws {
        #expect(try !OriginPattern(parsing: entry).isUnderSharedSuffix)
    }

    @Test(arguments: [
        ("https://a.example", "http://a.example"), ("http://a.example:81", "https://a.example:81"),
        ("https://*.b.example", "http://*.b.example"), ("http://localhost:*", "https://localhost:*"),
        ("capacitor://localhost", nil),
    ])
    func `names the same pages under the other scheme`(entry: String, other: String?) throws {
        #expect(try OriginPattern(parsing: entry).underOtherScheme?.description == other)
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
