import Redis
import WebSocket

/// The bytes of a Redis server, in one piece and in several: both give the same replies.
func tryReplies(_ input: [UInt8]) {
    let whole = replies(to: [input[...]])
    let parts = replies(to: input.pieces)
    precondition(whole == parts, "replies do not depend on how their bytes arrive")
}

private func replies(to pieces: [ArraySlice<UInt8>]) -> [RedisReply] {
    var reader = ReplyReader(maxReplyBytes: 1 << 20)
    var replies: [RedisReply] = []
    do throws(RedisFailure) {
        for piece in pieces {
            try unsafe reader.feed(piece.span.bytes)
            while let reply = try reader.next() { replies.append(reply) }
        }
    } catch {
        _ = "\(error)"
    }
    return replies
}

/// The answer to the opening of a WebSocket, and the frames after it, in one piece and in several.
func tryFrames(_ input: [UInt8]) {
    for pieces in [[input[...]], input.pieces] {
        var answer = UpgradeAnswer(to: UpgradeKey())
        for piece in pieces where answer.receive(piece) != nil { break }
    }
    let whole = arrivals([input[...]])
    let parts = arrivals(input.pieces)
    precondition(whole == parts, "messages do not depend on how their bytes arrive")
}

private func arrivals(_ pieces: [ArraySlice<UInt8>]) -> [FrameCodec.Arrival] {
    var limits = WebSocketLimits()
    limits.maxMessageBytes = 2_048
    let codec = FrameCodec(limits)
    var arrivals: [FrameCodec.Arrival] = []
    for piece in pieces {
        for arrival in unsafe codec.receive(piece.span.bytes) {
            arrivals.append(arrival)
            switch arrival {
            case .message(let message): precondition(message.bytes.count <= limits.maxMessageBytes)
            case .close, .failure: return arrivals
            }
        }
        precondition(codec.takeOutput().count <= 8 * (piece.count + 128), "a peer does not make us say much")
    }
    return arrivals
}
