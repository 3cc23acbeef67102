package import Curl
package import HTTP
import Cryptography
import Text

/// Where a WebSocket leads, and the request that opens it.
package struct WebSocketTarget: Sendable {
    /// The way to the server. The certificate authorities, the proxy and the connect timeout may be set.
    package var stream: StreamTarget
    /// The fields of the request besides those of the WebSocket protocol, `Host` included.
    package var fields: Fields
    /// What the field `Host` has.
    private let authority: String
    private let path: String

    /// - Parameters:
    ///   - url: `wss://` or `https://` for TLS, `ws://` or `http://` without it, and then host, port and path. The two
    ///     pairs mean the same (RFC 6455 section 3), so a URL can be made from that of an HTTP API.
    ///   - fields: names and values are checked here.
    /// - Returns: nil for any other URL, for one with a user or a fragment, and for a field that cannot be sent.
    package init?(url: String, fields: Fields = [:]) {
        guard let (isEncrypted, rest) = WebSocketTarget.scheme(of: url) else { return nil }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let place = WebSocketTarget.place(authority, defaultPort: isEncrypted ? 443 : 80) else { return nil }
        let path = rest[authority.endIndex...]
        guard path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else { return nil }
        guard fields.all.allSatisfy(\.isSendable) else { return nil }
        stream = StreamTarget(place)
        if isEncrypted {
            stream.tls = StreamTarget.TLS()
            stream.tls?.offersHTTP1 = true
        }
        self.fields = fields
        self.authority = String(authority)
        self.path = path.hasPrefix("/") ? String(path) : "/\(path)"
    }

    private static func scheme(of url: String) -> (isEncrypted: Bool, rest: Substring)? {
        for (scheme, isEncrypted) in [("wss://", true), ("https://", true), ("ws://", false), ("http://", false)]
        where url.hasPrefix(scheme) { return (isEncrypted, url.dropFirst(scheme.count)) }
        return nil
    }

    /// The host and the port of an authority; libcurl checks the host.
    private static func place(_ authority: Substring, defaultPort: UInt16) -> StreamTarget.Place? {
        guard !authority.contains("@") else { return nil }
        var host = authority
        var port = defaultPort
        // The colons of an IPv6 address are inside brackets.
        if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
            let digits = authority[authority.index(after: colon)...]
            guard digits.utf8.allSatisfy(\.isDigit), let number = UInt16(digits), number > 0 else { return nil }
            (host, port) = (authority[..<colon], number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : .tcp(host: String(host), port: port)
    }

    /// The request that opens the WebSocket (RFC 6455 section 4.1), without extensions and protocols.
    func request(_ key: UpgradeKey) -> [UInt8] {
        var text = "GET \(path) HTTP/1.1\r\nHost: \(authority)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        text += "Sec-WebSocket-Key: \(key.text)\r\nSec-WebSocket-Version: 13\r\n"
        for field in fields.all { text += "\(field.name): \(field.value)\r\n" }
        return Array("\(text)\r\n".utf8)
    }
}

/// The random number by which a server proves that it has read the request of a WebSocket, and not some other.
package struct UpgradeKey {
    /// 16 bytes in base64.
    let text: String

    /// A new key.
    package init() {
        text = base64((0..<16).map { _ in UInt8.random(in: 0 ... .max) })
    }

    /// The value of `Sec-WebSocket-Accept` for this key (RFC 6455 section 4.2.2).
    var accept: String {
        base64(HashFunction.sha1.hash(Array("\(text)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
    }
}

/// Base64 with padding (RFC 4648 section 4).
private func base64(_ bytes: [UInt8]) -> String {
    let letters = Base64URL.text(of: bytes).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
    return String(letters) + String(repeating: "=", count: (3 - bytes.count % 3) % 3)
}

extension Fields.Field {
    /// Whether the name is a token and the value one line (RFC 9110 sections 5.1 and 5.5).
    fileprivate var isSendable: Bool { name.isToken && value.utf8.allSatisfy(\.isFieldValueCharacter) }
}
