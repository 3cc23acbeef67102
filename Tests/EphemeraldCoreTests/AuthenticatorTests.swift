import Cryptography
import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing
import Text

/// The credentials of a request, and the result: a caller's name, or the code of a refusal.
struct Credentials: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let fields: Fields
    let peer: String
    let outcome: String

    init(_ name: String, _ fields: Fields, peer: String = "192.0.2.7", _ outcome: String) {
        testDescription = name
        self.fields = fields
        self.peer = peer
        self.outcome = outcome
    }

    private static func authorization(_ value: String, _ outcome: String) -> Self {
        Self("Authorization: \(value)", ["Authorization": value], outcome)
    }

    static let keys: [Self] = [
        authorization("Bearer eph_ann", "ann"), authorization("bearer eph_ann", "ann"),
        authorization("BEARER eph_bob", "bob"), authorization("Bearer  eph_bob ", "bob"),
        authorization("Bearer eph_an", "authentication_failed"),
        authorization("Bearer eph_annn", "authentication_failed"),
        authorization("Bearer EPH_ANN", "authentication_failed"),
        authorization("Bearer eph_ann eph_bob", "authentication_failed"),
        authorization("Bearer eph_ann,eph_bob", "authentication_failed"),
        authorization("Bearer \"eph_ann\"", "authentication_failed"),
        authorization("Bearer ann", "authentication_failed"),
        authorization("Bearer \(HashFunction.sha256.hash(Array("eph_ann".utf8)).hexadecimal)", "authentication_failed"),
        authorization("Bearer \(String(repeating: "x", count: 16_000))", "authentication_failed"),
        authorization("Bearer", "authentication_failed"), authorization("Bearer ", "authentication_failed"),
        authorization("Bearer\teph_ann", "authentication_required"),
        authorization("Bearereph_ann", "authentication_required"),
        authorization("Basic eph_ann", "authentication_required"), authorization("eph_ann", "authentication_required"),
        authorization("", "authentication_required"), authorization(" ", "authentication_required"),
        Self("nothing", [:], "authentication_required"),
        Self("a key in another field", ["X-Api-Key": "eph_ann"], "authentication_required"),
        Self(
            "two keys", ["Authorization": "Bearer eph_ann", "authorization": "Bearer eph_ann"], "authentication_failed"),
        Self("a name alone", ["X-User": "ann"], peer: "10.0.0.1", "authentication_required"),
    ]

    private static func user(_ name: String, _ outcome: String) -> Self {
        Self("the user \(name.prefix(40))", ["X-User": name], peer: "10.0.0.1", outcome)
    }

    static let users: [Self] = [
        user("ann", "ann"), user("ann@example.com", "ann@example.com"), user("a,b", "a,b"),
        user(String(repeating: "x", count: 256), String(repeating: "x", count: 256)),
        user(String(repeating: "x", count: 257), "authentication_required"), user("", "authentication_required"),
        user("ann b", "authentication_required"), user("änn", "authentication_required"),
        user("ann\u{7F}", "authentication_required"), user("ann\tb", "authentication_required"),
        Self("the field in other letters", ["x-uSER": "ann"], peer: "10.0.0.1", "ann"),
        Self("two users", ["X-User": "ann", "x-user": "ann"], peer: "10.0.0.1", "authentication_required"),
        Self("nobody", [:], peer: "10.0.0.1", "authentication_required"),
        Self("a user of a stranger's", ["X-User": "ann"], "authentication_required"),
        Self("a user of an untrusted socket's", ["X-User": "ann"], peer: "unix", "authentication_required"),
        Self(
            "a stranger who claims to come through", ["X-User": "ann", "X-Forwarded-For": "10.0.0.1"],
            "authentication_required"),
        Self("another field", ["X-Auth-Request-User": "ann"], peer: "10.0.0.1", "authentication_required"),
        Self("a key alone", ["Authorization": "Bearer eph_ann"], peer: "10.0.0.1", "authentication_required"),
        Self(
            "a key beside", ["Authorization": "Bearer x", "X-User": "bob"], peer: "10.0.0.1", "bob"),
    ]

    static let both: [Self] = [
        Self("a key", ["Authorization": "Bearer eph_ann"], "ann"),
        Self("a user", ["X-User": "bob"], peer: "10.0.0.1", "bob"),
        Self("a key and a user", ["Authorization": "Bearer eph_ann", "X-User": "bob"], peer: "10.0.0.1", "ann"),
        Self(
            "a wrong key and a user", ["Authorization": "Bearer x", "X-User": "bob"], peer: "10.0.0.1",
            "authentication_failed"),
        Self("a user of a stranger's", ["X-User": "bob"], "authentication_required"),
        Self("nothing", [:], peer: "10.0.0.1", "authentication_required"),
    ]
}

@Suite struct `A caller` {
    static func keys(_ names: String...) throws -> BearerKeys {
        var keys = BearerKeys()
        for name in names {
            let isNew = keys.add(name, digest: HashFunction.sha256.hash(Array("eph_\(name)".utf8)))
            try #require(isNew)
        }
        return keys
    }

    /// Asks the service, and looks at all that it says.
    private func check(_ credentials: Credentials, _ callers: Authenticator) async throws {
        let test = try TestService(callers: callers)
        let response = await test.respond(to: .token(fields: credentials.fields, peer: credentials.peer))
        let use = try test.lastUse
        guard response.status == .ok else {
            #expect(response.status == .unauthorized)
            #expect(response.json["code"]?.stringValue == credentials.outcome)
            #expect(use["error.type"]?.stringValue == credentials.outcome)
            #expect(use["enduser.pseudo.id"] == nil)
            let error = credentials.outcome == "authentication_failed" ? #", error="invalid_token""# : ""
            #expect(response.fields.values(of: "WWW-Authenticate") == [#"Bearer realm="ephemerald"\#(error)"#])
            #expect(response.fields["Access-Control-Allow-Origin"] == "https://app.example")
            #expect(test.upstream.requests.isEmpty)
            return
        }
        #expect(use["enduser.pseudo.id"]?.stringValue == credentials.outcome)
        #expect(response.fields["WWW-Authenticate"] == nil)
        #expect(!test.usage.joined().contains("eph_"))
    }

    @Test(arguments: Credentials.keys)
    func `is identified by a key and by nothing else`(credentials: Credentials) async throws {
        try await check(credentials, Authenticator([.bearer(Self.keys("ann", "bob"))]))
    }

    @Test(arguments: Credentials.users)
    func `is identified by the field of a trusted proxy and by nothing else`(credentials: Credentials) async throws {
        try await check(credentials, Authenticator([.proxy(field: "X-User")]))
    }

    @Test(arguments: Credentials.both)
    func `is identified by a key before the field of a proxy`(credentials: Credentials) async throws {
        try await check(credentials, Authenticator([.bearer(Self.keys("ann")), .proxy(field: "X-User")]))
    }

    @Test(arguments: Credentials.keys + Credentials.users)
    func `is refused where no way of authentication is set`(credentials: Credentials) async throws {
        for callers in [Authenticator([]), Authenticator([.bearer(BearerKeys())])] {
            let response = try await TestService(callers: callers).respond(
                to: .token(fields: credentials.fields, peer: credentials.peer))
            #expect(response.status == .unauthorized)
        }
    }

    @Test func `is identified after the origin is checked and before anything else`() async throws {
        let test = try TestService(callers: Authenticator([]))
        let requests: [(Request, String)] = [
            (.token(origin: "https://evil.example"), "origin_not_allowed"),
            (.token("{"), "authentication_required"),
            (.token(query: "?session=nowhere"), "authentication_required"),
        ]
        for (request, code) in requests {
            #expect(await test.respond(to: request).json["code"]?.stringValue == code)
        }
    }

    @Test func `need not be known for preflights and health`() async throws {
        let test = try TestService(callers: Authenticator([]))
        let preflight: Fields = [
            "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization",
        ]
        #expect(await test.respond(to: .token(method: .options, fields: preflight)).status == .noContent)
        let health = Request(method: .get, target: TokenService.healthPath, peer: .unix)
        #expect(await test.respond(to: health).status == .ok)
    }

    @Test func `that is refused is counted by no limit`() async throws {
        let test = try TestService(clientLimit: "1/h", callers: Authenticator([.bearer(Self.keys("ann"))])) {
            $0.rules.limits.all = try RateLimit.parseSetting("1/h")
        }
        for _ in 0..<3 { #expect(await test.respond(to: .token()).status == .unauthorized) }
        #expect(await test.respond(to: .token(fields: ["Authorization": "Bearer eph_ann"])).status == .ok)
    }
}

@Suite struct `A bearer key` {
    @Test func `is 256 random bits in base64url, and kept as a digest`() {
        let key = BearerKey(randomBits: { 0x0001_0203_0405_0607_0809_0A0B_0C0D_FEFF })
        #expect(key.key.reveal() == "eph_AAECAwQFBgcICQoLDA3-_wABAgMEBQYHCAkKCwwN_v8")
        #expect(key.digest == HashFunction.sha256.hash(Array(key.key.reveal().utf8)).hexadecimal)
        #expect(BearerKey().key.reveal() != BearerKey().key.reveal())
    }

    @Test func `has a name and a digest of its own`() {
        var keys = BearerKeys()
        let digest = [UInt8](repeating: 7, count: 32)
        let other = [UInt8](repeating: 8, count: 32)
        let added = [("ann", digest), ("ann", other), ("bob", digest), ("bob", Array(other.dropLast()))].map {
            keys.add($0, digest: $1)
        }
        #expect(added == [true, false, false, false])
        #expect(keys.count == 1)
    }
}
