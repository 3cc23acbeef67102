import Settings
import Testing
import ephemerald

@Suite struct `A wrong setting` {
    @Test(
        arguments: [
            ("PORT", "70000", ["\"70000\"", "0 to 65535"]), ("PORT", "-1", ["whole number"]),
            ("PORT", "+1", ["whole number"]),
            ("PORT", "0x50", ["whole number"]), ("PORT", "99999999999999999999", ["0 to 65535"]),
            ("HOST", "127.0.0.1:3001", ["PORT"]), ("HOST", "[::1]", ["without brackets: ::1"]),
            ("HOST", "*", ["0.0.0.0 or ::"]), ("HOST", "256.0.0.1", ["not an address"]),
            ("HOST", "127.1", ["not an address"]),
            ("HOST", "a b", ["not an address"]), ("HOST", "http://localhost", ["not an address"]),
            ("HOST", "unix:", ["107 bytes"]),
            ("HOST", "unix:/" + String(repeating: "x", count: 107), ["107 bytes"]),
            ("SOCKET_MODE", "0660x", ["octal", "0660"]), ("SOCKET_MODE", "0888", ["octal"]),
            ("SOCKET_MODE", "660 ", ["octal"]), ("SOCKET_MODE", "1660", ["octal"]), ("SOCKET_MODE", "66", ["octal"]),
            ("SOCKET_MODE", "0o660", ["octal"]), ("SOCKET_MODE", "0444", ["nobody could connect"]),
            ("LOOPS", "0", ["1 to 256"]), ("LOOPS", "four", ["1 to 256"]), ("LOOPS", "257", ["1 to 256"]),
            ("DRAIN_TIMEOUT", "15", ["unit is missing", "15s"]), ("DRAIN_TIMEOUT", "1d", ["ms, s, min, h"]),
            ("DRAIN_TIMEOUT", "11min", ["0ms to 10min"]), ("DRAIN_TIMEOUT", "soon", ["not a duration"]),
            ("IDLE_TIMEOUT", "500ms", ["1s to 2h"]), ("IDLE_TIMEOUT", "3h", ["1s to 2h"]),
            ("ALLOWED_ORIGINS", "*", ["every website"]), ("ALLOWED_ORIGINS", "null", ["null"]),
            ("ALLOWED_ORIGINS", "https://a.example/", ["\"https://a.example/\""]),
            ("ALLOWED_ORIGINS", "https://a.example,", ["entry is empty"]),
            ("ALLOWED_ORIGINS", "https://a.example:443", [":443"]),
            ("ALLOWED_ORIGINS", "https://*.vercel.app", ["\"https://*.vercel.app\"", "anyone can register a name"]),
            ("ALLOW_SHARED_SUFFIXES", "1", ["true or false"]), ("ALLOW_CREDENTIALS", "1", ["true or false"]),
            ("ALLOW_CREDENTIALS", "true", ["http://localhost:*", "by default", "exact origins"]),
            ("ALLOW_MISSING_ORIGIN", "1", ["true or false"]), ("ALLOW_MISSING_ORIGIN", "yes", ["true or false"]),
            ("TRUSTED_PROXIES", "10.0.0.1/8", ["10.0.0.0/8"]),
            ("TRUSTED_PROXIES", "proxy", ["\"proxy\"", "not an address"]),
            ("TRUSTED_PROXIES", "none,10.0.0.1", ["\"none\""]),
            ("CLIENT_ADDRESS_FROM", "0", ["1 to 16"]), ("CLIENT_ADDRESS_FROM", "the last", ["CF-Connecting-IP"]),
            ("REQUEST_ID_FROM", "X Request", ["name of a field", "X-Request-Id"]),
            ("LOG_CLIENT", "short", ["full, truncated, hashed or none"]),
            ("LOG_CALLER", "hashd", ["did you mean hashed?"]), ("LOG_CALLER", "truncated", ["full, hashed or none"]),
            (
                "AUTH", "password",
                ["\"password\"", "is not a mode; write none, or one or more of bearer, jwt and proxy"]
            ),
            ("AUTH", "none,", ["entry is empty"]),
            ("AUTH", "none,bearer", ["beside another mode"]), ("AUTH_KEYS_FILE", "/nowhere/keys", ["no such file"]),
            ("AUTH_KEYS_FILE", "/etc/passwd", ["line 1 has", "more lines"]), ("AUTH_KEYS_FILE", "/etc", ["directory"]),
            ("AUTH_PROXY_HEADER", "X User", ["name of a header field"]), ("AUTH_PROXY_HEADER", "X-User:", ["name of"]),
            ("AUTH_PROXY_HEADER", "Authorization", ["another meaning"]),
            ("OPENAI_BASE_URL", "http://api.openai.com/v1", ["https"]),
            ("OPENAI_BASE_URL", "api.openai.com", ["not a URL"]),
            ("OPENAI_BASE_URL", "https://", ["not a URL"]),
            ("OPENAI_BASE_URL", "ftp://a.example", ["scheme must be https"]),
            ("OPENAI_BASE_URL", "https://a.example/v1?x=1", ["query"]),
            ("OPENAI_BASE_URL", "https://a.example/#x", ["#"]),
            (
                "OPENAI_BASE_URL", "https://res.openai.azure.com/openai/v1?api-version=2025-04-01-preview",
                ["query", "https://RESOURCE.openai.azure.com/openai/v1, needs none"]
            ),
            ("OPENAI_BASE_URL", "https://a.example:0", ["host or the port"]),
            ("OPENAI_BASE_URL", "https://a b.example", ["space"]),
            ("OPENAI_BASE_URL", "https://127.0.0.1.evil.example:99999", ["host or the port"]),
            ("OPENAI_BASE_URL", "http://localhost.evil.example/v1", ["https"]),
            ("OPENAI_ORG_ID", "org 1", ["letters, digits"]), ("OPENAI_ORG_ID", "org\r\nX: 1", ["letters, digits"]),
            ("OPENAI_PROJECT_ID", "proj/1", ["letters, digits"]),
            ("OPENAI_AUTH_HEADER", "X-Key", ["Authorization or api-key"]),
            ("OPENAI_AUTH_HEADER", "authorization", ["Authorization or api-key"]),
            ("CALLS_URL", "http://a.example/calls", ["https"]), ("CALLS_URL", "/calls", ["not a URL"]),
            ("SAFETY_SALT_FILE", "/nowhere/salt", ["no such file"]), ("SAFETY_SALT_FILE", "/etc", ["directory"]),
            ("UPSTREAM_CONNECT_TIMEOUT", "11s", ["(11s)", "(10s)"]),
            ("UPSTREAM_CONNECT_TIMEOUT", "3", ["unit is missing"]),
            ("UPSTREAM_HTTP", "3", ["1.1 or 2"]), ("UPSTREAM_HTTP", "1", ["1.1 or 2"]),
            ("REDIS_CA_FILE", "/nowhere/ca.pem", ["no such file"]), ("REDIS_CA_FILE", "/etc/passwd", ["certificate"]),
            ("UPSTREAM_CA_FILE", "/nowhere/ca.pem", ["no such file"]),
            ("UPSTREAM_CA_FILE", "/etc/passwd", ["certificate"]), ("UPSTREAM_CA_FILE", "/etc", ["directory"]),
            ("UPSTREAM_PROXY", "proxy:3128", ["not a URL"]), ("UPSTREAM_PROXY", "http://proxy:3128/x", ["no path"]),
            ("UPSTREAM_PROXY", "socks5://proxy:1", ["scheme"]),
            ("MAX_IN_FLIGHT", "0", ["1 to 100000"]), ("MAX_BODY", "64KB", ["64KiB"]),
            ("MAX_BODY", "12", ["1KiB to 16MiB"]),
            ("MAX_BODY", "17MiB", ["1KiB to 16MiB"]), ("MAX_BODY", "big", ["not a size"]),
            ("LIMIT_CLIENT", "10", ["10/min"]), ("LIMIT_CLIENT", "0/min", ["off"]),
            ("LIMIT_CALLER", "10", ["10/min"]), ("LIMIT_ORIGIN", "x", ["10/min"]), ("LIMIT_SESSION", "0/s", ["off"]),
            ("LIMIT_ALL", "10/day", ["s, min or h"]),
            ("QUOTA_CALLER", "0", ["1 to 1000000000", "off"]), ("QUOTA_SESSION", "1.5", ["whole number"]),
            ("QUOTA_ALL", "-1", ["off"]), ("SPEND_ALL", "0", ["at most six places", "off"]),
            ("SPEND_ALL", "0.0000001", ["at most six places"]), ("SPEND_CALLER", "1000000000.1", ["1000000000"]),
            ("SPEND_CALLER", "5 USD", ["at most six places"]),
            ("LIMIT_ALL", "none", ["10/min"]), ("USAGE_LOG", "/var/log/", ["directory"]),
            ("LOG_LEVEL", "verbose", ["trace, debug, info", "or critical"]), ("LOG_LEVEL", "INFO", ["info"]),
            ("SANDBOX", "on", ["true or false"]), ("SANDBOX_LATENCY", "300", ["300ms"]),
            ("SANDBOX_LATENCY", "1h", ["10min"]),
            ("SANDBOX_FAULT", "600", ["none, refuse, reset", "400 to 599"]),
            ("SANDBOX_FAULT", "slow-header", ["did you mean slow-headers?"]),
            ("SANDBOX_FAULT", "Qota", ["did you mean quota?"]), ("LOG_FORMAT", "jsn", ["did you mean json?"]),
            ("AUTH", "baerer", ["did you mean bearer?"]),
            ("OPENAI_API_KEY_FILE", "/nowhere/key", ["is set as well"]),
        ] as [(String, String, [String])])
    func `is named with its source, what is wrong and what is right`(name: String, value: String, words: [String]) {
        var environment = key
        environment[name] = value
        // Whether the address may be reached is another subject.
        if name == "HOST" { environment.merge(["ALLOWED_ORIGINS": "https://a.example", "AUTH": "none"]) { $1 } }
        let found = problems(environment: environment)
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix("\(name) (environment): ") == true, "\(found)")
        for word in words { #expect(found.first?.contains(word) == true, "\(found)") }
    }

    @Test(
        arguments: [
            (["--auth", "baerer"], ["LIMIT_CALLER": "1/min"]), (["--auth", "none,jwt"], ["JWT_ISSUER": "x"]),
            (["--auth-keys-file", "/nowhere"], ["AUTH": "bearer"]), (["--jwt-keys", "/nowhere"], ["AUTH": "jwt"]),
            (["--trusted-proxies", "x"], ["AUTH": "proxy"]),
            (["--allowed-origins", "x"], ["ALLOW_CREDENTIALS": "true"]),
            (["--allow-shared-suffixes=false", "--allow-credentials", "maybe"], [:]),
            (["--upstream-timeout", "x"], ["UPSTREAM_CONNECT_TIMEOUT": "20s"]),
            (["--usage-log", "/var/"], ["QUOTA_ALL": "5"]), (["--usage-log", "/var/"], ["SPEND_ALL": "5"]),
            (["--usage-log", "/nowhere/log"], ["QUOTA_ALL": "5", "REDIS_URL": "x"]),
            (["--redis-url-file", "/nowhere"], ["QUOTA_ALL": "5", "REDIS_DOWN": "refuse"]),
            (["--openai-base-url", "x"], ["OPENAI_AUTH_HEADER": "api-key"]),
            (["--sandbox=maybe"], ["OPENAI_API_KEY": "", "SANDBOX_LATENCY": "1s"]),
            (["--host", "*"], ["AUTH": "none"]),
        ] as [([String], [String: String])])
    func `leads to no problem or warning about a setting that depends on it`(
        flags: [String], others: [String: String]
    ) {
        let found = #expect(throws: SettingsFailure.self) {
            _ = try Settings(arguments: flags, environment: key.merging(others) { $1 })
        }
        switch found {
        case .invalid(let problems, let warnings, sessionFiles: _):
            #expect(problems.count == 1 && warnings == [], "\(problems) \(warnings)")
        // A value that the command line itself refuses.
        case .usage(let errors): #expect(errors.messages.count == 1)
        case nil: break
        }
    }

    @Test func `does not hide another`() {
        let environment = [
            "HOST": "0.0.0.0", "PORT": "x", "ALLOWED_ORIGINS": "https://A.example,*", "MAX_BODY": "1",
            "LIMIT_CLIENT": "x", "UPSTREAM_HTTP": "3", "LOG_LEVEL": "x", "TRUSTED_PROXIES": "a,b",
        ]
        let found = problems(["--loops", "0"], environment: environment)
        let names = found.map { String($0.prefix { $0 != " " && $0 != ":" }) }
        let expected = [
            "PORT", "LOOPS", "ALLOWED_ORIGINS", "ALLOWED_ORIGINS", "TRUSTED_PROXIES", "TRUSTED_PROXIES", "MAX_BODY",
            "LIMIT_CLIENT", "OPENAI_API_KEY", "UPSTREAM_HTTP", "LOG_LEVEL", "AUTH",
        ]
        #expect(names == expected)
        #expect(found.contains { $0.hasPrefix("LOOPS (--loops): \"0\": ") })
    }

    @Test func `is one line, whatever is in it`() {
        var environment = key
        environment["LOG_LEVEL"] = "a\nb\u{1B}[31m" + String(repeating: "x", count: 500)
        let found = problems(environment: environment)
        #expect(found.count == 1)
        #expect(found.allSatisfy { !$0.contains("\n") && !$0.contains("\u{1B}") && $0.count < 400 })
    }
}
