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
