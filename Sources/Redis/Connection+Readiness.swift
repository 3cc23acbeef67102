import CHiredis
import EventLoop
import Glibc

/// What the loop calls when the socket is ready, and what it is asked to watch for.
extension Connection {
    func watch(_ descriptor: CInt) throws(ConnectionFailure) {
        // hiredis opens it without.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        do throws(SystemError) {
            watch = try loop.watch(descriptor, for: interest) { [unowned self] ready in act(ready) }
        } catch {
            throw ConnectionFailure("\(error)")
        }
    }

    func act(_ ready: Readiness) {
        if !ready.isDisjoint(with: [.readable, .error, .hangUp]), let context = unsafe context {
            // The same for what comes when no command is under way.
            if isConnected, unanswered == 0, OutOfTurn.arrives(at: unsafe context.pointee.c.fd) {
                return close(.broken(OutOfTurn.words))
            }
            if isConnected { incompleteBytes += Int(unsafe chiredis_readable(context)) }
            isInRead = true
            unsafe redisAsyncHandleRead(context)
            isInRead = false
            if incompleteBytes > maxReplyBytes { return close(.broken("its reply is too large")) }
        }
        if isConnected || ready.contains(.writable) { write() }
        updateInterest()
    }

    func write() {
        if isWriting, let context = unsafe context { unsafe redisAsyncHandleWrite(context) }
    }

    func updateInterest() {
        guard let watch else { return }
        var wanted: Readiness = isReading ? .readable : []
        if isWriting { wanted.insert(.writable) }
        guard wanted != interest else { return }
        interest = wanted
        do throws(SystemError) { try watch.change(to: wanted) } catch { close(.broken("\(error)")) }
    }
}
