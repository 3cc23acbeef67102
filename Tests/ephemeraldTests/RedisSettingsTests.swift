import EphemeraldCore
import Redis
import Settings
import TestTools
import Testing
import ephemerald

@Suite struct `A Redis among the settings` {
    private func read(_ url: String) throws -> RedisAddress? {
        try settings(environment: key.merging(["REDIS_URL": url]) { $1 }).limits.redis?.address
    }

    @Test(arguments: [
        ("redis://redis.example", "redis://redis.example:6379/0"),
        ("REDIS://10.0.0.1:7000/", "redis://10.0.0.1:7000/0"),
        ("rediss://redis.example:6380/1", "rediss://redis.example:6380/1"), ("rediss://h", "rediss://h:6379/0"),
        ("redis://my_redis:7000/15", "redis://my_redis:7000/15"), ("redis://[::1]:7000/2", "redis://[::1]:7000/2"),
        ("redis://:pass@word@h/1", "redis://h:6379/1"), ("redis://user:p%40ss@h", "redis://h:6379/0"),
        ("redis+unix:///run/redis.sock", "redis+unix:///run/redis.sock?db=0"),
        ("redis+unix://:pass@/run/a%20b.sock?db=7", "redis+unix:///run/a b.sock?db=7"),
    ])
    func `is found at`(url: String, address: String) throws {
        #expect(try read(url).map { "\($0)" } == address)
        #expect(try read(url)?.user == (url.contains("user:") ? "user" : nil))
    }

    @Test(arguments: [
        ("canary", "this is not a URL"), ("http://canary", "the scheme is not redis"),
        ("rediss+unix:///canary", "the scheme is not redis"),
        ("redis://", "the host is missing"), ("redis://canary:0", "the port is not 1 to 65535"),
        ("redis://canary:70000", "the port is not 1 to 65535"), ("redis://canary:x", "the port is not a number"),
        ("redis://canary/x", "the database is not a number"), ("redis://canary/1/2", "the database is not a number"),
        ("redis://canary?db=1", "? and #"), ("redis://canary@host", "the password is missing"),
        ("redis://canary:@host", "the password is empty"), ("redis://:canary%2@host", "% must be followed by two"),
        ("redis://:canary%FF@host", "it is not UTF-8"), ("redis://:canary\u{e9}@host", "beyond ASCII"),
        ("redis://[canary]", "only an IPv6 address may be in brackets"), ("redis://[::1]canary", "after the host only"),
        ("redis+unix://canary/run/x", "the path of the socket must begin"),
        ("redis+unix://", "the path of the socket needs"),
        ("redis+unix:///canary?base=1", "after ? only db=NUMBER"),
        ("redis+unix:///canary\(String(repeating: "y", count: 120))", "the path of the socket needs"),
    ])
    func `is refused with a reason and nothing of what was written`(url: String, reason: String) {
        let found = problems(environment: key.merging(["REDIS_URL": url]) { $1 })
        #expect(found.count == 1)
        #expect(found.first?.contains(reason) == true, "\(found)")
        #expect(!"\(found)".contains("canary"))
    }

    @Test func `may be named by a file, which nobody else should read`() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("redis", "redis://:canary@redis.example/4\n")
        let read = try settings("--redis-url-file", path)
        #expect(read.limits.redis.map { "\($0.address)" } == "redis://redis.example:6379/4")
        #expect(read.warnings.allSatisfy { !$0.contains("canary") })
        let both = problems(["--redis-url-file", path], environment: key.merging(["REDIS_URL": "redis://h"]) { $1 })
        #expect(both.count == 1)
        #expect(both.first?.contains("one would hide the other") == true, "\(both)")
        #expect(problems(["--redis-url-file", "redis://:canary@h"]).allSatisfy { !$0.contains("canary") })
        let two = try directory.file("two", "redis://:canary@h\nredis://:canary@i\n")
        #expect(problems(["--redis-url-file", two]).first?.contains("write one line") == true)
    }

    @Test func `has no flag, and the refusal names the file`() {
        let found = problems(["--redis-url", "redis://:canary@h"])
        #expect(found.first?.contains("--redis-url-file (REDIS_URL_FILE)") == true, "\(found)")
        #expect(!"\(found)".contains("canary"))
    }

    @Test func `is optional, and counting is local or refused while it is away`() throws {
        #expect(try settings().limits.redis == nil)
        let url = key.merging(["REDIS_URL": "redis://h"]) { $1 }
        #expect(try settings(environment: url).limits.redis?.down == .local)
        #expect(try settings("--redis-down", "refuse", environment: url).limits.redis?.down == .refuse)
        #expect(problems(["--redis-down", "never"]).first?.contains("write local or refuse") == true)
        let warnings = try settings("--redis-down", "refuse").warnings
        #expect(warnings.contains { $0.contains("has no effect without REDIS_URL") }, "\(warnings)")
    }

    @Test func `is trusted by a bundle of its own, where it speaks TLS`() throws {
        let directory = try TemporaryDirectory()
        let bundle = try directory.file("ca", "-----BEGIN CERTIFICATE-----\n")
        for (url, caFile, warning) in [
            ("rediss://h", bundle, nil), ("redis://h", bundle, "unless REDIS_URL begins with rediss://"),
            (nil, nil, "has no effect without REDIS_URL"),
        ] {
            let read = try settings(
                "--redis-ca-file", bundle, environment: key.merging(url.map { ["REDIS_URL": $0] } ?? [:]) { $1 })
            #expect(read.limits.redis?.address.caFile == caFile)
            #expect(read.warnings.contains { $0.contains("REDIS_CA_FILE") } == (warning != nil), "\(read.warnings)")
            if let warning { #expect(read.warnings.contains { $0.contains(warning) }, "\(read.warnings)") }
        }
    }

    @Test func `remembers quotas, so that no usage log has to`() throws {
        let url = key.merging(["REDIS_URL": "redis://h"]) { $1 }
        #expect(try settings("--quota-all", "5", "--usage-log", "/dev/null", environment: url).limits.quotas.all == 5)
    }
}
