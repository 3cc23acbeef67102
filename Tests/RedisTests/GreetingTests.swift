import Redis
import TestTools
import Testing

@Suite(.timeLimit(.minutes(5)))
struct GreetingTests {
    @Test func `the database is chosen before anything is sent`() async throws {
        let server = try RedisServer()
        let address = RedisAddress(.unix(path: server.path), database: 5)
        let info = try await withClient(address) { client, _ in try await client.send(["CLIENT", "INFO"]) }
        guard case .bytes(let text) = info else { throw Unexpected(reply: info) }
        #expect(String(decoding: text, as: UTF8.self).contains(" db=5 "))
    }

    @Test(arguments: [(nil, "pass word"), ("minter", "other")] as [(String?, String)])
    func `a password opens, for a user or without one`(user: String?, password: String) async throws {
        let server = try RedisServer(["--requirepass", "pass word", "--user", "minter", "on", ">other", "~*", "+@all"])
        let address = RedisAddress(.unix(path: server.path), user: user, password: password)
        let name = try await withClient(address) { client, _ in try await client.send(["ACL", "WHOAMI"]) }
        #expect(name == .bytes(Array((user ?? "default").utf8)))
    }

    @Test(
        arguments: [
            ("topsecret", 0, ["--requirepass", "another"], "AUTH is refused: WRONGPASS"),
            (nil, 0, ["--requirepass", "another"], "PING is refused: NOAUTH"),
            (nil, 16, [], "SELECT is refused: ERR DB index is out of range"),
            ("topsecret", 0, [], "AUTH is refused: ERR AUTH <password> called without any password configured"),
            ("topsecret", 0, ["--rename-command", "AUTH", ""], "AUTH is refused: ERR"),
        ] as [(String?, Int, [String], String)])
    func `what the server does not accept is reported, without the password`(
        password: String?, database: Int, options: [String], words: String
    ) async throws {
        let server = try RedisServer(options)
        let address = RedisAddress(.unix(path: server.path), database: database, password: password)
        let (reason, failure) = try await withClient(address) { client, changes in
            (await changes.away() ?? "", await client.result("PING").failure)
        }
        #expect(reason.hasPrefix(words))
        #expect(!reason.contains("tops"))
        #expect(failure == .away(reason))
    }

    @Test func `an address never shows its password`() {
        let address = RedisAddress(.tcp(host: "::1", port: 6379), database: 2, user: "me", password: "topsecret")
        var dumped = ""
        dump(address, to: &dumped)
        #expect("\(address)" == "redis://[::1]:6379/2")
        #expect(!"\(address) \(String(reflecting: address)) \([address]) \(dumped)".contains("topsecret"))
        #expect("\(RedisAddress(.unix(path: "/run/redis.sock")))" == "redis+unix:///run/redis.sock?db=0")
    }

    @Test(
        arguments: [
            ("LOADING top\u{1B}[secret ann", "LOADING top\u{1B}[secret [user]"),
            ("ERR ann:topsecret, topsecret\u{301}", "ERR [user]:[password], [password]\u{301}"),
            ("", ""), ("Connection refused", "Connection refused"),
        ])
    func `an error that repeats the password is reported without it`(words: String, told: String) {
        let place = RedisAddress.Place.tcp(host: "::1", port: 6379)
        #expect(RedisAddress(place, user: "ann", password: "topsecret").concealing(words) == told)
        #expect(RedisAddress(place).concealing(words) == words)
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func `a server is found by its name and by its address`(host: String) async throws {
        let reserved = try ReservedPort()
        defer { extendLifetime(reserved) }
        let port = reserved.number
        let server = try RedisServer(["--port", "\(port)", "--bind", "127.0.0.1"])
        let reply = try await withClient(RedisAddress(.tcp(host: host, port: port))) { client, _ in
            try await client.send(["PING"])
        }
        #expect(reply == .status("PONG"))
        server.kill()
    }

    @Test func `a name that does not resolve is reported`() async throws {
        let reason = try await withClient(RedisAddress(.tcp(host: "nobody.invalid", port: 1))) { _, changes in
            await changes.away()
        }
        #expect(reason == "Could not resolve host: nobody.invalid")
    }
}
