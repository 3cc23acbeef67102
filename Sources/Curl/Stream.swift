import CCurl
import EventLoop
import Glibc
import System

/// A connection that carries bytes both ways: libcurl connects, through TLS and a proxy if wanted; what is sent and
/// received is left to its owner.
///
/// It lives until it ends or is closed, even when nothing refers to it. It belongs to the thread of its loop.
@safe package final class Stream: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop, all of it. libcurl has `self` unretained as CURLOPT_PRIVATE:
    // `streams` keeps the stream until the handle is out of the multi handle.
    private enum State {
        case connecting
        case open(Watch)
        case ended
    }

    private struct Events {
        let receive: (RawSpan) -> Void
        let end: (StreamFailure) -> Void
    }

    /// So many parts of 16 KiB are received in a row, then others have their turn.
    private static let partsInARow = 16

    private var handle: EasyHandle
    /// What keeps it; nil once ended.
    private var streams: Streams?
    private let loop: EventLoop
    private var state = State.connecting
    /// nil once ended.
    private var events: Events?
    private var output = StreamOutput()
    private var isWatchedForRoom = false
    /// Whether the loop will receive the rest. The socket may be readable before that, again and again.
    private var willReceive = false
    private var hasFailedToSend = false

    init(
        to target: StreamTarget, of streams: Streams, onReceive: @escaping (RawSpan) -> Void,
        onEnd: @escaping (StreamFailure) -> Void
    ) throws(CurlError) {
        handle = try EasyHandle()
        self.streams = streams
        loop = streams.loop
        events = Events(receive: onReceive, end: onEnd)
        try unsafe handle.setContext(Unmanaged.passUnretained(self).toOpaque(), for: [CURLOPT_PRIVATE])
        try handle.apply(target)
    }

    /// For the multi handle.
    var pointer: ccurl_easy { unsafe handle.pointer }

    /// Whether bytes go out: the connection is there, with TLS if that is wanted.
    package var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    /// How many bytes wait to be sent. There is no limit but the sender's.
    package var unsentCount: Int { output.count }

    /// Sends bytes after all that were sent before: at once if there is room, else as soon as there is. Does nothing when
    /// the stream has ended.
    package func send(_ bytes: [UInt8]) {
        if case .ended = state { return }
        output.append(bytes)
        if !isWatchedForRoom { write() }
    }

    /// Receives what has arrived, without waiting for the loop to say so.
    package func receiveArrived() {
        guard isOpen else { return }
        unsafe streams?.withBuffer { unsafe receive(into: $0) }
    }

    /// Closes the connection; what has not been sent is lost. `onEnd` is not called.
    package func close() {
        end(nil)
    }

    /// libcurl has connected, or given up.
    func finishConnecting(_ code: CURLcode) {
        guard case .connecting = state else { return }
        guard code == CURLE_OK, let socket = handle.activeSocket else { return end(handle.connectFailure(code)) }
        // libcurl opens it without.
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        do throws(SystemError) {
            state = .open(try loop.watch(socket, for: .readable) { [unowned self] in act($0) })
        } catch {
            return end(.cannotConnect("\(error)"))
        }
        // Not only for what may have come: libcurl considers a connection idle, and may close it, until it is used.
        receiveArrived()
        write()
    }

    private func act(_ ready: Readiness) {
        if !ready.isDisjoint(with: [.readable, .error, .hangUp]) { receiveArrived() }
        // TLS may have waited for something to read.
        if isWatchedForRoom { write() }
    }

    private func receive(into buffer: UnsafeMutableRawBufferPointer) {
        for _ in 0..<Stream.partsInARow {
            let (code, count) = unsafe handle.receive(into: buffer)
            switch code {
            case CURLE_OK where count > 0:
                let bytes = unsafe UnsafeRawBufferPointer(start: buffer.baseAddress, count: count)
                unsafe events?.receive(bytes.bytes)
            case CURLE_OK: return end(.ended)
            case CURLE_AGAIN: return
            default: return end(handle.streamFailure(code))
            }
            guard isOpen else { return }
        }
        // Not left to the loop: the TLS library may hold bytes that the socket knows nothing of.
        guard !willReceive else { return }
        willReceive = true
        loop.submit {
            self.willReceive = false
            self.receiveArrived()
        }
    }

    private func write() {
        guard case .open(let watch) = state, !hasFailedToSend else { return }
        while let next = unsafe output.next {
            let (code, count) = unsafe handle.send(next)
            guard code != CURLE_AGAIN else { break }
            guard code == CURLE_OK else { return failToSend(handle.streamFailure(code)) }
            output.consume(count)
        }
        guard isWatchedForRoom != (output.count > 0) else { return }
        isWatchedForRoom.toggle()
        do throws(SystemError) {
            try watch.change(to: isWatchedForRoom ? [.readable, .writable] : .readable)
        } catch {
            failToSend(.broken("\(error)"))
        }
    }

    /// Ends the stream, but not from inside `send`, and not before what the peer said last is received.
    private func failToSend(_ failure: StreamFailure) {
        hasFailedToSend = true
        loop.submit {
            self.receiveArrived()
            self.end(failure)
        }
    }

    /// - Parameter failure: nil when the owner ends it, who need not be told.
    private func end(_ failure: StreamFailure?) {
        if case .ended = state { return }
        // First: libcurl closes the socket, and the number may soon be that of another.
        if case .open(let watch) = state { watch.end() }
        state = .ended
        streams?.remove(self)
        streams = nil
        output = StreamOutput()
        let events = events
        self.events = nil
        if let failure { events?.end(failure) }
    }
}

extension EasyHandle {
    /// nil when there is no connection.
    fileprivate var activeSocket: curl_socket_t? {
        var socket = CURL_SOCKET_BAD
        let code = unsafe ccurl_easy_get_socket(pointer, &socket)
        return code == CURLE_OK && socket != CURL_SOCKET_BAD ? socket : nil
    }

    fileprivate func send(_ bytes: UnsafeRawBufferPointer) -> (code: CURLcode, count: Int) {
        var count = 0
        let code = unsafe ccurl_easy_send(pointer, bytes.baseAddress, bytes.count, &count)
        return (code, count)
    }

    fileprivate func receive(into buffer: UnsafeMutableRawBufferPointer) -> (code: CURLcode, count: Int) {
        var count = 0
        let code = unsafe ccurl_easy_receive(pointer, buffer.baseAddress, buffer.count, &count)
        return (code, count)
    }
}
