import Cryptography
import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

@Suite struct `A service with tokens` {
    private static let rules = TokenRules(issuer: nil, audience: nil)
    private static let tokens = Authenticator.Mode.jwt(TokenVerifier(keys: .fixed(TestKeys.all), rules: rules))

    private func request(_ token: String, session: String = "default") -> Request {
        .token(query: "?session=\(session)", fields: ["Authorization": "Bearer \(token)"])
    }

    @Test func `lets a caller use the sessions of their token`() async throws {
        let test = try TestService(callers: Authenticator([Self.tokens]))
        let token = TestKeys.token(TestKeys.claims(#","sessions":["full","nowhere"]"#))
        let expected = [
            ("full", 200, nil), ("default", 403, "session_not_allowed"), ("secret", 403, "session_not_allowed"),
            ("nowhere", 404, "unknown_session"),
        ]
        for (session, status, code) in expected {
            let response = await test.respond(to: request(token, session: session))
            #expect(response.status.rawValue == status)
            #expect(response.json["code"]?.stringValue == code)
            #expect(try test.lastUse["enduser.pseudo.id"] == "ann")
            #expect(try test.lastUse["ephemerald.session.name"]?.stringValue == session)
        }
        #expect(test.upstream.requests.count == 1)
    }

    @Test func `says why a token is refused to the log, and to nobody else`() async throws {
        let test = try TestService(callers: Authenticator([Self.tokens]))
        let token = TestKeys.token(#"{"sub":"canary","exp":1}"#)
        let response = await test.respond(to: request(token))
        #expect(response.status == .unauthorized)
        #expect(response.fields["WWW-Authenticate"] == #"Bearer realm="ephemerald", error="invalid_token""#)
        #expect(!response.text.contains("expired"))
        #expect(try test.lastUse["ephemerald.token.flaw"] == "expired")
        #expect(try test.lastUse["enduser.pseudo.id"] == nil)
        #expect(test.usage.allSatisfy { !$0.contains("canary") && !$0.contains(token.suffix(20)) })
    }

    @Test func `without keys says when to come again`() async throws {
        let callers = Authenticator([
            .jwt(TokenVerifier(keys: .fetched(FetchedKeys(url: "https://id.example/")), rules: Self.rules))
        ])
        let test = try TestService(callers: callers)
        let response = await test.respond(to: request(TestKeys.token()))
        #expect(response.status == .serviceUnavailable)
        #expect(response.json["code"] == "keys_unavailable")
        #expect(response.fields["Retry-After"] == "5")
        #expect(response.fields["WWW-Authenticate"] == nil)
        #expect(await test.respond(to: .token()).json["code"] == "authentication_required")
    }

    @Test(arguments: ["", " ", "\n", "\r\n\t ", "   \n", String(repeating: " ", count: 900)])
    func `accepts a header with white space before it, with and without keys`(space: String) async {
        let header = space + #"{"alg":"HS256"}"#
        for modes in [[Self.tokens], [.bearer(BearerKeys()), Self.tokens]] {
            let trial = TokenTrial(Authenticator(modes))
            #expect(await trial.outcome(TestKeys.token(header: header)) == "ann")
            #expect(await trial.outcome(TestKeys.token(header: header) + "=") == "malformed")
        }
    }

    @Test func `accepts tokens beside keys, and a proxy's user where there is neither`() async throws {
        var keys = BearerKeys()
        for name in ["eph_bob", "a.b.c", "eyJ.x"] {
            let isNew = keys.add("by-\(keys.count)", digest: HashFunction.sha256.hash(Array(name.utf8)))
            try #require(isNew)
        }
        let trial = TokenTrial(Authenticator([.bearer(keys), Self.tokens, .proxy(field: "X-User")]))
        #expect(await trial.outcome(TestKeys.token()) == "ann")
        #expect(await trial.outcome("eph_bob") == "by-0")
        #expect(await trial.outcome("a.b.c") == "by-1")
        #expect(await trial.outcome("eyJ.x") == "by-2")
        #expect(await trial.outcome("eph_ann") == "authentication_failed")
        #expect(await trial.outcome("eyJhbGciOiJub25lIn0.e30.") == "algorithm")
        #expect(await trial.outcome("eyJh.e30.x") == "malformed")
        let test = try TestService(callers: trial.callers)
        let forged: Fields = ["X-User": "bob", "Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."]
        #expect(await test.respond(to: .token(fields: forged, peer: "10.0.0.1")).status == .unauthorized)
        #expect(await test.respond(to: .token(fields: ["X-User": "bob"], peer: "10.0.0.1")).status == .ok)
    }
}
