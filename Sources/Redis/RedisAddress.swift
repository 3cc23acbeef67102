/// Where a Redis or Valkey server is, and as whom to speak to it. It never shows the password.
package struct RedisAddress: Hashable, Sendable {
    /// How the server is reached.
    package enum Place: Hashable, Sendable {
        /// A name, or an address without brackets.
        case tcp(host: String, port: UInt16)
        /// A socket in the file system, its path 1 to `longestPath` bytes long.
        case unix(path: String)
    }

    /// The room for a path in `sockaddr_un`, less the NUL behind it: unix(7). hiredis would cut a longer one.
    package static let longestPath = 107

    /// Where it listens.
    package let place: Place
    /// The database, 0 unless the server keeps several apart.
    package let database: Int
    /// The user of Redis' access lists; nil for `default`.
    package let user: String?
    /// nil where the server asks for none.
    let password: String?

    /// Traps for a path that is empty or longer than `longestPath`.
    package init(_ place: Place, database: Int = 0, user: String? = nil, password: String? = nil) {
        if case .unix(let path) = place {
            precondition((1...RedisAddress.longestPath).contains(path.utf8.count), "a path that no socket can have")
        }
        self.place = place
        self.database = database
        self.user = user
        self.password = password
    }
}

extension RedisAddress {
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
    /// `redis://127.0.0.1:6379/0`, `redis+unix:///run/redis.sock?db=0`: the place alone.
    package var description: String {
        switch place {
        case .tcp(let host, let port):
            host.utf8.contains(UInt8(ascii: ":"))
                ? "redis://[\(host)]:\(port)/\(database)" : "redis://\(host):\(port)/\(database)"
        case .unix(let path): "redis+unix://\(path)?db=\(database)"
        }
    }

    /// The place alone, as `description`.
    package var debugDescription: String { description }

    /// Without children: `dump` shows what a mirror has.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
