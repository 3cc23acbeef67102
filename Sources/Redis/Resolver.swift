import EventLoop
import Glibc

/// Turns names into addresses without keeping the loop waiting: getaddrinfo(3) blocks, so it runs on a thread of its own.
enum Resolver {
    typealias Completion = @Sendable (Result<[String], ConnectionFailure>) -> Void

    /// Whether the text is an address in numbers, which needs no resolving.
    static func isAddress(_ host: String) -> Bool {
        var v4 = in_addr()
        var v6 = in6_addr()
        return unsafe inet_pton(AF_INET, host, &v4) == 1 || inet_pton(AF_INET6, host, &v6) == 1
    }

    /// Calls `completion` on the loop's thread with the addresses of a host, in the order in which to try them.
    static func resolve(_ host: String, on loop: EventLoop, _ completion: @escaping Completion) {
        // Retained here, released by `runQuestion` on the new thread.
        let question = unsafe Unmanaged.passRetained(Question(host: host, loop: loop, completion: completion))
        var thread = pthread_t()
        let code = unsafe pthread_create(&thread, nil, runQuestion, question.toOpaque())
        guard code == 0 else {
            unsafe question.release()
            let failure = ConnectionFailure("\(SystemError("pthread_create", code: code))")
            return loop.submit { completion(.failure(failure)) }
        }
        // Nobody waits for it: a name server may take half a minute, and the loop may be gone by then.
        let detached = pthread_detach(thread)
        precondition(detached == 0, "a thread that was just made can be detached")
    }

    fileprivate static func addresses(of host: String) -> Result<[String], ConnectionFailure> {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            return .failure(ConnectionFailure("\(host): \(unsafe String(cString: gai_strerror(code)))"))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [String] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe numbers(entry.pointee) { addresses.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return addresses.isEmpty ? .failure(ConnectionFailure("\(host) has no address")) : .success(addresses)
    }

    private static func numbers(_ entry: addrinfo) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = unsafe getnameinfo(
            entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        guard code == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A name to be resolved, on its way to the thread that does it.
private final class Question: Sendable {
    private let host: String
    private let loop: EventLoop
    private let completion: Resolver.Completion

    init(host: String, loop: EventLoop, completion: @escaping Resolver.Completion) {
        self.host = host
        self.loop = loop
        self.completion = completion
    }

    func answer() {
        let result = Resolver.addresses(of: host)
        loop.submit { [completion] in completion(result) }
    }
}

private let runQuestion: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<Question>.fromOpaque(context).takeRetainedValue().answer()
    return nil
}
