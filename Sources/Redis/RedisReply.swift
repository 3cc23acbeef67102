import CHiredis

/// What the server says to a command, in the types of RESP2: https://redis.io/docs/latest/develop/reference/protocol-spec.
package enum RedisReply: Hashable, Sendable {
    /// `+OK`
    case status(String)
    /// `-NOSCRIPT No matching script.`: the first word names the error.
    case error(String)
    /// `:1000`
    case integer(Int64)
    /// A bulk string, `$5`: any bytes, text or not.
    case bytes([UInt8])
    /// `*2`: replies of any kind, nested too.
    case array([RedisReply])
    /// `$-1` or `*-1`: there is nothing of that name.
    case null

    /// The elements of an array; nil for any other reply.
    package var elements: [RedisReply]? {
        if case .array(let replies) = self { replies } else { nil }
    }

    /// The numbers of an array that holds nothing else; nil for any other reply.
    package var integers: [Int64]? {
        guard case .array(let replies) = self else { return nil }
        var integers: [Int64] = []
        integers.reserveCapacity(replies.count)
        for reply in replies {
            guard case .integer(let integer) = reply else { return nil }
            integers.append(integer)
        }
        return integers
    }

    /// Whether it is the error of that name: `NOSCRIPT`.
    package func isError(_ name: String) -> Bool {
        guard case .error(let words) = self else { return false }
        return words.prefix { $0 != " " } == name
    }
}

extension RedisReply {
    /// Copies a reply: hiredis frees its own after the callback.
    init(_ reply: UnsafePointer<redisReply>) {
        switch unsafe reply.pointee.type {
        case REDIS_REPLY_STATUS: self = .status(unsafe RedisReply.text(reply))
        case REDIS_REPLY_ERROR: self = .error(unsafe RedisReply.text(reply))
        case REDIS_REPLY_INTEGER: self = .integer(unsafe reply.pointee.integer)
        case REDIS_REPLY_STRING: self = .bytes(unsafe Array(RedisReply.content(reply)))
        case REDIS_REPLY_ARRAY:
            let elements = unsafe UnsafeBufferPointer(start: reply.pointee.element, count: reply.pointee.elements)
            self = .array(unsafe elements.map { unsafe $0.map { unsafe RedisReply($0) } ?? .null })
        case REDIS_REPLY_NIL: self = .null
        case let type: self = .error("a reply of type \(type), which RESP2 does not have")
        }
    }

    private static func text(_ reply: UnsafePointer<redisReply>) -> String {
        unsafe String(decoding: content(reply), as: UTF8.self)
    }

    private static func content(_ reply: UnsafePointer<redisReply>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len)
    }
}

/// The answer of a cluster's node that does not have the key: another node does.
///
/// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/, "MOVED redirection" and "ASK redirection".
struct Redirection: Hashable {
    enum Kind {
        /// All commands for the key belong there from now on.
        case moved
        /// The key is on its way there, so this one command belongs there, after ASKING.
        case ask
    }

    let kind: Kind
    let place: RedisAddress.Place

    /// nil for any other reply.
    /// - Parameter origin: where the answer comes from: a node that does not know the other's name names only the port.
    init?(_ reply: RedisReply, from origin: RedisAddress.Place) {
        guard case .error(let text) = reply else { return nil }
        let words = text.split(separator: " ")
        guard words.count == 3 else { return nil }
        switch words[0] {
        case "MOVED": kind = .moved
        case "ASK": kind = .ask
        default: return nil
        }
        // An IPv6 address has no brackets here.
        guard let colon = words[2].lastIndex(of: ":"),
            let port = UInt16(words[2][words[2].index(after: colon)...]), port > 0
        else { return nil }
        let host = String(words[2][..<colon])
        if host.isEmpty || host == "?" {
            guard case .tcp(let host, _) = origin else { return nil }
            place = .tcp(host: host, port: port)
        } else {
            place = .tcp(host: host, port: port)
        }
    }
}
