/// Why a command has no reply. A reply that is an error is a reply.
package enum RedisFailure: Error, Hashable, Sendable {
    /// There is no connection, and nothing was sent. The text says why there is none.
    case away(String)
    /// The connection broke before the reply came: the command may have been carried out or not.
    case broken(String)
    /// The deadline passed before the reply came: the command may be carried out yet.
    case timedOut
    /// As many commands wait for their replies as the settings allow; nothing was sent.
    case tooManyWaiting
    /// The task was cancelled, or the client was closed.
    case cancelled
}

extension RedisFailure: CustomStringConvertible {
    /// For an operator; without anything of the command.
    package var description: String {
        switch self {
        case .away(let words), .broken(let words): words
        case .timedOut: "Redis did not answer in time"
        case .tooManyWaiting: "too many commands wait for Redis"
        case .cancelled: "cancelled"
        }
    }
}
