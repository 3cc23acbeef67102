/// Why a request that we sent has no answer.
package enum TransferFailure: Error, Hashable, Sendable {
    /// No connection: the name does not resolve, nobody listens, or the connect deadline passed. Nothing was sent.
    case cannotConnect(String)
    /// The certificate or the handshake was refused. Nothing was sent.
    case tls(String)
    /// The deadline of the whole exchange passed; the server may have acted on the request.
    case timedOut
    /// The connection broke, or what came back is not HTTP; the server may have acted on the request.
    case broken(String)
    /// The answer is longer than the cap.
    case tooLarge
    /// The task that waited was cancelled.
    case cancelled
}
