import Curl
import Glibc
import System

/// Where a Redis or Valkey server is, and as which user to log in. Its descriptions never hold the password.
package struct RedisAddress: Hashable, Sendable {
    /// How the server is reached.
    package enum Place: Hashable, Sendable {
        /// A name, or an address without brackets.
        case tcp(host: String, port: UInt16)
        /// A socket in the file system, its path 1 to `SocketAddress.longestPath` bytes long.
        case unix(path: String)
    }

    /// Where it listens.
    package let place: Place
    /// The database, 0 unless the server keeps several apart.
    package let database: Int
    /// The user of Redis' access lists; nil for `default`.
    package let user: String?
    /// Whether the connection is encrypted, and the server has to prove who it is.
    package let isTLS: Bool
    /// A PEM file with the certificates that are trusted; nil for the system's bundle.
    package var caFile: String?
    /// nil where the server requires none.
    private let password: String?

    /// Traps for a path that is empty or longer than `SocketAddress.longestPath`.
    package init(
        _ place: Place, database: Int = 0, user: String? = nil, password: String? = nil, isTLS: Bool = false,
        caFile: String? = nil
    ) {
        if case .unix(let path) = place {
            precondition((1...SocketAddress.longestPath).contains(path.utf8.count), "a path that no socket can have")
        }
        self.place = place
        self.database = database
        self.user = user
        self.password = password
        self.isTLS = isTLS
        self.caFile = caFile
    }
}

extension RedisAddress {
    /// The way to a node of the same service.
    func target(_ node: Place, connectTimeout: Duration) -> StreamTarget {
        var target =
            switch node {
            case .tcp(let host, let port): StreamTarget(.tcp(host: host, port: port))
            case .unix(let path): StreamTarget(.unix(path: path))
            }
        target.connectTimeout = connectTimeout
        if isTLS {
            var tls = StreamTarget.TLS()
            tls.caFile = caFile
            tls.serverName = serverName(for: node)
            target.tls = tls
        }
        return target
    }

    /// The name that the certificate of a node must be for; nil for its own.
    ///
    /// Clusters often name their nodes by address, and certificates hold names: that of the URL counts then, since the
    /// nodes are one service.
    private func serverName(for node: Place) -> String? {
        guard case .tcp(let name, _) = place, case .tcp(let host, _) = node else { return nil }
        return isNumeric(host) && !isNumeric(name) ? name : nil
    }

    /// AUTH and SELECT where they are needed.
    var greeting: [[String]] {
        var commands: [[String]] = []
        if let password { commands.append(["AUTH"] + (user.map { [$0] } ?? []) + [password]) }
        if database != 0 { commands.append(["SELECT", String(database)]) }
        return commands
    }

    /// What a server says to the greeting. One without the command AUTH repeats its arguments in the error, shortened
    /// perhaps.
    func concealingRefusal(_ error: String) -> String {
        guard let password, error.contains(password.prefix(4)) else { return error }
        return String(error.prefix { $0 != " " })
    }

    /// What a server says, without the password and the user that it was told: an error may repeat them.
    package func concealing(_ words: String) -> String {
        var bytes = Array(words.utf8)
        for (secret, name) in [(password, "[password]"), (user, "[user]")] {
            guard let secret, !secret.isEmpty else { continue }
            // Byte for byte: a letter that an accent follows is another character.
            bytes = bytes.replacing(Array(secret.utf8), with: Array(name.utf8))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension RedisAddress: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `redis://127.0.0.1:6379/0`, `rediss://redis.example:6380/0`, `redis+unix:///run/redis.sock?db=0`: only the place.
    package var description: String {
        let scheme = isTLS ? "rediss" : "redis"
        return switch place {
        case .tcp(let host, let port):
            host.utf8.contains(UInt8(ascii: ":"))
                ? "\(scheme)://[\(host)]:\(port)/\(database)" : "\(scheme)://\(host):\(port)/\(database)"
        case .unix(let path): "redis+unix://\(path)?db=\(database)"
        }
    }

    /// Only the place, as `description`.
    package var debugDescription: String { description }

    /// Without children: `dump` shows what a mirror has.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Whether the host is an address in numbers.
private func isNumeric(_ host: String) -> Bool {
    var v4 = in_addr()
    var v6 = in6_addr()
    return unsafe inet_pton(AF_INET, host, &v4) == 1 || inet_pton(AF_INET6, host, &v6) == 1
}
