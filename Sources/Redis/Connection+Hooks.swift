import CHiredis
import EventLoop

/// What hiredis calls, by way of `Callbacks.swift`.
extension Connection {
    func setReading(_ isReading: Bool) {
        self.isReading = isReading
    }

    func setWriting(_ isWriting: Bool) {
        self.isWriting = isWriting
    }

    func receive(_ reply: RedisReply?, to command: Command) {
        unanswered -= 1
        incompleteBytes = 0
        // hiredis aborts the process on a reply that nobody asked for: it must not come to read this one.
        if reply != nil, unanswered == 0, let context = unsafe context, unsafe chiredis_speaks_out_of_turn(context) {
            close(.broken(OutOfTurn.words))
            return command.finish(.failure(reason))
        }
        guard let reply else { return command.finish(.failure(reason)) }
        command.finish(.success(reply))
        onReply(reply)
    }

    func hasEnded() {
        let reason = reason
        unsafe context = nil
        watch?.end()
        watch = nil
        onEnd(reason)
    }
}
