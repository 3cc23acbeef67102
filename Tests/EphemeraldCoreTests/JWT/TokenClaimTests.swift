import EphemeraldCore
import Testing

@Suite struct `A token's claims` {
    @Test(arguments: TestKeys.algorithms)
    func `name the caller, whatever the token is signed with`(algorithm: String) async {
        #expect(await TokenTrial().outcome(TestKeys.token(TestKeys.claims(), algorithm)) == "ann")
    }

    /// At `now`, with a leeway of 30 s.
    @Test(
        arguments: [
            (#"{"sub":"ann","exp":\#(TestKeys.now + 1)}"#, "ann"),
            (#"{"sub":"ann","exp":\#(TestKeys.now)}"#, "ann"),
            (#"{"sub":"ann","exp":\#(TestKeys.now - 29)}"#, "ann"),
            (#"{"sub":"ann","exp":\#(TestKeys.now - 29).5}"#, "ann"),
            (#"{"sub":"ann","exp":\#(TestKeys.now - 30)}"#, "expired"),
            (#"{"sub":"ann","exp":\#(TestKeys.now - 31)}"#, "expired"),
            (#"{"sub":"ann","exp":-1}"#, "expired"), (#"{"sub":"ann","exp":0}"#, "expired"),
            (#"{"sub":"ann"}"#, "expired"),
            (#"{"sub":"ann","exp":"\#(TestKeys.now + 60)"}"#, "claims"),
            (#"{"sub":"ann","exp":1e400}"#, "claims"), (#"{"sub":"ann","exp":null}"#, "claims"),
            (#"{"sub":"ann","exp":[\#(TestKeys.now + 60)]}"#, "claims"), (#"{"sub":"ann","exp":true}"#, "claims"),
            (#"{"sub":"ann","exp":Infinity}"#, "claims"), (#"{"sub":"ann","exp":NaN}"#, "claims"),
            (TestKeys.claims(#","nbf":\#(TestKeys.now + 30)"#), "ann"),
            (TestKeys.claims(#","nbf":\#(TestKeys.now + 31)"#), "not_yet_valid"),
            (TestKeys.claims(#","nbf":"0""#), "claims"), (TestKeys.claims(#","nbf":1e400"#), "claims"),
            (TestKeys.claims(#","iat":\#(TestKeys.now + 30)"#), "ann"),
            (TestKeys.claims(#","iat":\#(TestKeys.now + 31)"#), "not_yet_valid"),
            (TestKeys.claims(#","iat":"0""#), "claims"),
        ])
    func `say from when to when it counts`(claims: String, outcome: String) async {
        #expect(await TokenTrial().outcome(TestKeys.token(claims)) == outcome)
    }

    @Test(arguments: [
        ("", "issuer"), (#","iss":"https://id.example""#, "audience"), (#","iss":"https://id.example/""#, "issuer"),
        (#","iss":"HTTPS://id.example""#, "issuer"), (#","iss":["https://id.example"]"#, "issuer"),
        (#","iss":"https://id.example","aud":"api""#, "ann"), (#","iss":"https://id.example","aud":"API""#, "audience"),
        (#","iss":"https://id.example","aud":["x","api"]"#, "ann"),
        (#","iss":"https://id.example","aud":["x","api2"]"#, "audience"),
        (#","iss":"https://id.example","aud":["api",1]"#, "audience"),
        (#","iss":"https://id.example","aud":"x api""#, "audience"),
        (#","iss":"https://id.example","aud":[]"#, "audience"),
        (#","iss":"https://id.example","aud":{"api":1}"#, "audience"),
    ])
    func `name the issuer and the audience exactly, where they are set`(more: String, outcome: String) async {
        let trial = TokenTrial(rules: TokenRules(issuer: "https://id.example", audience: "api"))
        #expect(await trial.outcome(TestKeys.token(TestKeys.claims(more))) == outcome)
    }

    @Test(arguments: [
        (#""auth0|123""#, "auth0|123"), (#""ann@example.com""#, "ann@example.com"),
        ("\"\(String(repeating: "x", count: 256))\"", String(repeating: "x", count: 256)),
        ("\"\(String(repeating: "x", count: 257))\"", "subject"), (#""""#, "subject"), (#""ann b""#, "subject"),
        (#""änn""#, "subject"), (#""ann\n""#, "subject"), (#""ann\u0000""#, "subject"), ("7", "subject"),
        ("null", "subject"), (#"["ann"]"#, "subject"),
    ])
    func `have a subject that can stand in a log`(subject: String, outcome: String) async {
        let claims = #"{"exp":\#(TestKeys.now + 60),"sub":\#(subject)}"#
        #expect(await TokenTrial().outcome(TestKeys.token(claims)) == outcome)
    }

    @Test func `must have a subject`() async {
        #expect(await TokenTrial().outcome(TestKeys.token(#"{"exp":\#(TestKeys.now + 60)}"#)) == "subject")
    }

    @Test(
        arguments: [
            ("", nil), (#","sessions":["default"]"#, ["default"]), (#","sessions":["a","b"]"#, ["a", "b"]),
            (#","sessions":"a b  c ""#, ["a", "b", "c"]), (#","sessions":"""#, []), (#","sessions":[]"#, []),
            (#","scope":"a""#, nil),
        ] as [(String, [String]?)])
    func `may name the sessions that the caller may use`(more: String, sessions: [String]?) async throws {
        let caller = try await TokenTrial().caller(TestKeys.token(TestKeys.claims(more)))
        #expect(caller == Caller(name: "ann", sessions: sessions))
    }

    @Test(arguments: ["1", "null", "true", "{}", #"["a",1]"#, #"[["a"]]"#])
    func `with sessions of another shape are refused`(sessions: String) async {
        #expect(await TokenTrial().outcome(TestKeys.token(TestKeys.claims(#","sessions":\#(sessions)"#))) == "claims")
    }

    @Test func `are read under another name, and with another leeway`() async throws {
        let rules = TokenRules(issuer: nil, audience: nil, leeway: .zero, sessionsClaim: "https://a.example/s")
        let trial = TokenTrial(rules: rules)
        let caller = try await trial.caller(
            TestKeys.token(TestKeys.claims(#","https://a.example/s":"b","sessions":1"#)))
        #expect(caller?.sessions == ["b"])
        #expect(await trial.outcome(TestKeys.token(#"{"sub":"ann","exp":\#(TestKeys.now)}"#)) == "expired")
    }
}
