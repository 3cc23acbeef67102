import HTTP
package import Redis
import System
import Text

/// `REDIS_URL`: `redis://[user:password@]host[:port][/db]`, `rediss://…` for TLS, or
/// `redis+unix://[user:password@]/path[?db=N]`.
///
/// No problem with it shows any of it: the password may be anywhere.
package enum RedisURL {
    /// The port that is Redis' by custom.
    private static let usualPort: UInt16 = 6379

    /// Reads the URL.
    /// - Throws: what is wrong with it, without a word of it.
    package static func parse(_ text: String) throws(InvalidValue) -> RedisAddress {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw wrong("a space, a control character or a letter beyond ASCII; write the URL percent-encoded")
        }
        guard let split = text.firstRange(of: "://") else { throw wrong("this is no URL") }
        let rest = text[split.upperBound...]
        switch text[..<split.lowerBound].lowercased() {
        case "redis": return try tcp(rest, isTLS: false)
        case "rediss": return try tcp(rest, isTLS: true)
        case "redis+unix": return try unix(rest)
        default: throw wrong("the scheme is none of redis, rediss and redis+unix")
        }
    }

    private static func tcp(_ text: Substring, isTLS: Bool) throws(InvalidValue) -> RedisAddress {
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

    private static func unix(_ text: Substring) throws(InvalidValue) -> RedisAddress {
        let question = text.firstIndex(of: "?") ?? text.endIndex
        let slash = text[..<question].firstIndex(of: "/") ?? question
        let (credentials, host) = split(text[..<slash])
        guard host.isEmpty else { throw wrong("the path of the socket begins with a slash, behind three in all") }
        let (user, password) = try self.credentials(credentials)
        let path = try decoded(text[slash..<question])
        guard (1...SocketAddress.longestPath).contains(path.utf8.count), !path.utf8.contains(0) else {
            throw wrong("the path of the socket needs 1 to \(SocketAddress.longestPath) bytes")
        }
        let query = text[question...].dropFirst()
        guard query.isEmpty || query.hasPrefix("db=") else { throw wrong("behind ? stands db=NUMBER and nothing else") }
        return RedisAddress(
            .unix(path: path), database: query.isEmpty ? 0 : try number(query.dropFirst(3), of: "database"),
            user: user, password: password)
    }

    /// At the last `@`: a password that is not encoded may hold one.
    private static func split(_ authority: Substring) -> (credentials: Substring?, place: Substring) {
        guard let at = authority.lastIndex(of: "@") else { return (nil, authority) }
        return (authority[..<at], authority[authority.index(after: at)...])
    }

    private static func credentials(_ text: Substring?) throws(InvalidValue) -> (user: String?, password: String?) {
        guard let text else { return (nil, nil) }
        guard let colon = text.firstIndex(of: ":") else {
            throw wrong("the password is missing; before @ stands user:password, or :password")
        }
        let user = try decoded(text[..<colon])
        let password = try decoded(text[text.index(after: colon)...])
        guard !password.isEmpty else { throw wrong("the password is empty; leave out what stands before the host") }
        return (user.isEmpty ? nil : user, password)
    }

    private static func hostAndPort(_ text: Substring) throws(InvalidValue) -> (host: String, port: UInt16) {
        let host: Substring
        var rest: Substring
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[..<end].dropFirst()
            rest = text[end...].dropFirst()
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                throw wrong("in brackets stands an IPv6 address")
            }
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<colon]
            rest = text[colon...]
            guard (1...253).contains(host.count), host.allSatisfy({ $0.isLetter || $0.isNumber || "._-".contains($0) })
            else { throw wrong("the host is missing or wrong") }
        }
        guard !rest.isEmpty else { return (String(host), usualPort) }
        guard rest.removeFirst() == ":" else { throw wrong("behind the host stands :PORT, or nothing") }
        guard let port = UInt16(exactly: try number(rest, of: "port")), port > 0 else { throw wrong("no such port") }
        return (String(host), port)
    }

    private static func number(_ text: Substring, of what: String) throws(InvalidValue) -> Int {
        guard (1...5).contains(text.count), text.utf8.allSatisfy(\.isDigit), let number = Int(text) else {
            throw wrong("the \(what) is no number")
        }
        return number
    }

    /// Undoes percent-encoding (RFC 3986 section 2.1).
    private static func decoded(_ text: Substring) throws(InvalidValue) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, rest.prefix(2).allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let decoded = UInt8(String(Substring(rest.prefix(2))), radix: 16)
            else { throw wrong("behind % stand two hexadecimal digits; % itself is %25") }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw wrong("it is no UTF-8") }
        return text
    }

    private static func wrong(_ reason: String) -> InvalidValue {
        InvalidValue("\(reason); write it as in redis://:password@redis.example:6379/0", isHidden: true)
    }
}
