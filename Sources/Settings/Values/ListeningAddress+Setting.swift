import HTTP
import System
package import Text

/// `HOST` with `PORT`, or `HOST=unix:PATH`.
extension ListeningAddress {
    /// Reads an IPv4 address, an IPv6 address without brackets, a host name, or `unix:` and a path.
    /// - Parameters:
    ///   - host: the text of `HOST`.
    ///   - port: the number of `PORT`, without meaning for a unix socket.
    package init(parsingHost host: String, port: UInt16) throws(Invalid) {
        if host.hasPrefix("unix:") {
            let path = String(host.dropFirst(5))
            guard (1...SocketAddress.longestPath).contains(path.utf8.count), !path.utf8.contains(0) else {
                throw Invalid("write unix: and a path of 1 to \(SocketAddress.longestPath) bytes")
            }
            self = .unix(path: path)
        } else {
            try ListeningAddress.check(host)
            self = .tcp(host: host, port: port)
        }
    }

    /// Whether only programs on this machine can reach the address. A unix socket does not count: it is made for a proxy,
    /// and everybody who can reach the proxy can reach the socket.
    package var isLoopback: Bool {
        switch self {
        case .tcp(let host, _): host == "localhost" || IPAddress(host)?.isLoopback == true
        case .unix: false
        }
    }

    /// Reads the permissions of a unix socket: three octal digits, with or without a 0 in front.
    package static func socketMode(parsing text: String) throws(Invalid) -> UInt32 {
        let digits = text.utf8.count == 4 && text.hasPrefix("0") ? text.dropFirst() : text[...]
        guard digits.utf8.count == 3, digits.utf8.allSatisfy(\.isDigit), let mode = UInt32(digits, radix: 8) else {
            throw Invalid("write octal permissions such as 0660, 0000 to 0777")
        }
        guard mode & 0o222 != 0 else {
            throw Invalid("nobody could connect, because that needs write permission; write 0660 or 0600")
        }
        return mode
    }

    private static func check(_ host: String) throws(Invalid) {
        if IPAddress(host) != nil { return }
        if host == "*" { throw Invalid("write 0.0.0.0 or :: for every address of this machine") }
        if host.hasPrefix("["), host.hasSuffix("]"), IPAddress(host.dropFirst().dropLast()) != nil {
            throw Invalid("write the address without brackets: \(host.dropFirst().dropLast())")
        }
        if let colon = host.lastIndex(of: ":"), UInt16(host[host.index(after: colon)...]) != nil {
            throw Invalid("this is not an address; the port has a setting of its own, PORT")
        }
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
                && label.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") }
        }
        // A name that ends in a number is a misspelled address.
        guard isName, host.utf8.count <= 253, labels.last.flatMap({ String($0) }).flatMap({ UInt64($0) }) == nil else {
            throw Invalid(
                "this is not an address; write one such as 127.0.0.1, ::1, localhost or unix:/run/x.sock")
        }
    }
}
