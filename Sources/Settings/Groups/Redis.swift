import HTTP
package import Redis
import System
import Text

extension Setting {
    package static let redisURL = Setting(
        "REDIS_URL", .text, .none, "URL", .restart, isSecret: true,
        "A Redis or Valkey in which several daemons count limits and quotas together: "
            + "redis://[user:password@]host:port/db, rediss://… for TLS, or redis+unix:///path?db=N. It is a secret, so "
            + "it has no flag. Anyone who can write there decides what is admitted.")
    package static let redisURLFile = Setting(
        "REDIS_URL_FILE", .text, .none, "FILE", .restart, file: .secret,
        "A file with that URL. Anyone who can read it can do with that Redis what the daemon can.")
    package static let redisCAFile = Setting(
        "REDIS_CA_FILE", .text, .computed("the system's bundle"), "FILE", .restart, file: .open,
        "The certificate authorities, in PEM, that are trusted to vouch for a rediss:// server.")
    package static let redisDown = Setting(
        "REDIS_DOWN", .text, .value("local"), "local|refuse", .restart,
        "What happens while Redis is away: local, each daemon counts for itself; refuse, 503. "
            + "Calls are refused either way.")
}

/// The treatment of requests while Redis is away.
package enum RedisDown: String, CaseIterable, Sendable {
    /// Each process counts for itself.
    case local
    /// They are refused.
    case refuse
}

extension Settings {
    /// The server that counts for several processes.
    package struct Redis: Sendable {
        /// Its address, and the password.
        package let address: RedisAddress
        /// The treatment of requests while it is away.
        package let down: RedisDown
    }
}

extension SettingsReader {
    /// The server that counts; nil to count in the memory of this process.
    mutating func redis() -> Settings.Redis? {
        let down: RedisDown = choice(.redisDown)
        let caFile = certificates(.redisCAFile)
        let address: RedisAddress?
        switch (self[.redisURL], self[.redisURLFile]) {
        case (.some, .some):
            refuse(.redisURLFile, "REDIS_URL is set as well, and one would hide the other; remove one")
            return nil
        case (nil, .some):
            address = readFileIfSet(
                .redisURLFile, limit: 4096,
                check: { path throws(Invalid) in
                    guard path.contains("://") else { return }
                    throw Invalid(
                        "this looks like a URL; write the path of a file with the URL in it", isHidden: true)
                },
                { bytes throws(Invalid) in
                    let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }
                    guard lines.count == 1 else { throw Invalid("write one line, with the URL") }
                    return try RedisURL.parse(String(decoding: lines[0], as: UTF8.self))
                })
        default:
            address = readIfSet(.redisURL, RedisURL.parse)
            warnIfInReadableFile(.redisURL)
        }
        if self[.redisURL] == nil, self[.redisURLFile] == nil {
            warn(.redisDown, .redisCAFile, ifSet: "has no effect without REDIS_URL")
        }
        guard var address else { return nil }
        if !address.isTLS { warn(.redisCAFile, ifSet: "has no effect unless REDIS_URL begins with rediss://") }
        address.caFile = caFile?.path
        return Settings.Redis(address: address, down: down)
    }
}

/// `REDIS_URL`: `redis://[user:password@]host[:port][/db]`, `rediss://…` for TLS, or
/// `redis+unix://[user:password@]/path[?db=N]`.
///
/// No error contains any part of it: the password may be anywhere.
private enum RedisURL {
    /// The default port of Redis.
    private static let defaultPort: UInt16 = 6379

    /// Reads the URL.
    static func parse(_ text: String) throws(Invalid) -> RedisAddress {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw wrong("a space, a control character or a letter beyond ASCII; write the URL percent-encoded")
        }
        guard let split = text.firstRange(of: "://") else { throw wrong("this is not a URL") }
        let rest = text[split.upperBound...]
        switch text[..<split.lowerBound].lowercased() {
        case "redis": return try tcp(rest, isTLS: false)
        case "rediss": return try tcp(rest, isTLS: true)
        case "redis+unix": return try unix(rest)
        default: throw wrong("the scheme is not redis, rediss or redis+unix")
        }
    }

    private static func tcp(_ text: Substring, isTLS: Bool) throws(Invalid) -> RedisAddress {
        guard !text.contains("?"), !text.contains("#") else { throw wrong("? and # have no meaning in it") }
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        let (credentials, place) = split(text[..<slash])
        let (user, password) = try self.credentials(credentials)
        let (host, port) = try hostAndPort(place)
        let database = text[slash...].dropFirst()
        return RedisAddress(
            .tcp(host: host, port: port), database: database.isEmpty ? 0 : try number(database, of: "database"),
            user: user, password: password, isTLS: isTLS)
    }

    private static func unix(_ text: Substring) throws(Invalid) -> RedisAddress {
        let question = text.firstIndex(of: "?") ?? text.endIndex
        let slash = text[..<question].firstIndex(of: "/") ?? question
        let (credentials, host) = split(text[..<slash])
        guard host.isEmpty else {
            throw wrong("the path of the socket must begin with a slash, as in redis+unix:///path")
        }
        let (user, password) = try self.credentials(credentials)
        let path = try decoded(text[slash..<question])
        guard (1...SocketAddress.longestPath).contains(path.utf8.count), !path.utf8.contains(0) else {
            throw wrong("the path of the socket needs 1 to \(SocketAddress.longestPath) bytes")
        }
        let query = text[question...].dropFirst()
        guard query.isEmpty || query.hasPrefix("db=") else { throw wrong("after ? only db=NUMBER is allowed") }
        return RedisAddress(
            .unix(path: path), database: query.isEmpty ? 0 : try number(query.dropFirst(3), of: "database"),
            user: user, password: password)
    }

    /// Splits at the last `@`: a password that is not encoded may contain one.
    private static func split(_ authority: Substring) -> (credentials: Substring?, place: Substring) {
        guard let at = authority.lastIndex(of: "@") else { return (nil, authority) }
        return (authority[..<at], authority[authority.index(after: at)...])
    }

    private static func credentials(_ text: Substring?) throws(Invalid) -> (user: String?, password: String?) {
        guard let text else { return (nil, nil) }
        guard let colon = text.firstIndex(of: ":") else {
            throw wrong("the password is missing; write user:password or :password before @")
        }
        let user = try decoded(text[..<colon])
        let password = try decoded(text[text.index(after: colon)...])
        guard !password.isEmpty else { throw wrong("the password is empty; remove the text before the host") }
        return (user.isEmpty ? nil : user, password)
    }

    private static func hostAndPort(_ text: Substring) throws(Invalid) -> (host: String, port: UInt16) {
        let host: Substring
        var rest: Substring
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[..<end].dropFirst()
            rest = text[end...].dropFirst()
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                throw wrong("only an IPv6 address may be in brackets")
            }
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<colon]
            rest = text[colon...]
            guard (1...253).contains(host.count), host.allSatisfy({ $0.isLetter || $0.isNumber || "._-".contains($0) })
            else { throw wrong("the host is missing or wrong") }
        }
        guard !rest.isEmpty else { return (String(host), defaultPort) }
        guard rest.removeFirst() == ":" else { throw wrong("after the host only :PORT is allowed") }
        guard let port = UInt16(exactly: try number(rest, of: "port")), port > 0 else {
            throw wrong("the port is not 1 to 65535")
        }
        return (String(host), port)
    }

    private static func number(_ text: Substring, of what: String) throws(Invalid) -> Int {
        guard (1...5).contains(text.count), text.utf8.allSatisfy(\.isDigit), let number = Int(text) else {
            throw wrong("the \(what) is not a number")
        }
        return number
    }

    /// Undoes percent-encoding (RFC 3986 section 2.1).
    private static func decoded(_ text: Substring) throws(Invalid) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, rest.prefix(2).allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let decoded = UInt8(String(Substring(rest.prefix(2))), radix: 16)
            else { throw wrong("% must be followed by two hexadecimal digits; % itself is %25") }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw wrong("it is not UTF-8") }
        return text
    }

    private static func wrong(_ reason: String) -> Invalid {
        Invalid("\(reason); write it as in redis://:password@redis.example:6379/0", isHidden: true)
    }
}
