import CHiredis

/// hiredis' reader: bytes go in as they arrive, replies come out. An error is final.
///
/// By itself it would take a reply of any size, and room for as many elements as a header announces.
@safe package struct ReplyReader: ~Copyable {
    private static let tooLarge = RedisFailure.broken("its reply is too large")

    private let reader: UnsafeMutablePointer<redisReader>
    private let maxReplyBytes: Int
    /// What has been fed since the last reply that was complete.
    private var incompleteBytes = 0

    /// - Parameter maxReplyBytes: a reply that has more, and is not complete by then, is an error.
    package init(maxReplyBytes: Int) {
        guard let reader = unsafe redisReaderCreateWithFunctions(functions) else {
            preconditionFailure("out of memory")
        }
        unsafe self.reader = reader
        self.maxReplyBytes = maxReplyBytes
    }

    deinit {
        unsafe redisReaderFree(reader)
    }

    /// Whether bytes follow the last reply, other than an error: Redis says `-ERR max number of clients reached` without
    /// having been asked.
    var hasSurplus: Bool {
        let (next, end) = unsafe (reader.pointee.pos, reader.pointee.len)
        return unsafe next < end && reader.pointee.buf[next] != CChar(bitPattern: UInt8(ascii: "-"))
    }

    /// Takes bytes of the server.
    package mutating func feed(_ bytes: RawSpan) throws(RedisFailure) {
        let code = unsafe bytes.withUnsafeBytes { unsafe chiredis_feed(reader, $0.baseAddress, $0.count) }
        guard code == REDIS_OK else { throw failure }
        incompleteBytes += bytes.byteCount
    }

    /// The next reply that is complete.
    package mutating func next() throws(RedisFailure) -> RedisReply? {
        var reply: UnsafeMutableRawPointer?
        guard unsafe chiredis_next(reader, &reply) == REDIS_OK else { throw failure }
        guard let reply = unsafe reply else {
            guard incompleteBytes <= maxReplyBytes else { throw ReplyReader.tooLarge }
            return nil
        }
        defer { unsafe freeReplyObject(reply) }
        incompleteBytes = unsafe reader.pointee.len - reader.pointee.pos
        return unsafe RedisReply(reply.assumingMemoryBound(to: redisReply.self))
    }

    private var failure: RedisFailure {
        guard unsafe reader.pointee.err != REDIS_ERR_OOM else { return ReplyReader.tooLarge }
        return unsafe .broken(String(cString: chiredis_error(reader)))
    }
}

/// As many elements as an array may announce: hiredis makes room for all of them at once.
private let maxElements = 64

/// hiredis' own functions, with a bound for arrays. Never freed: readers point to them.
nonisolated(unsafe) private let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
    let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
    unsafe functions.initialize(to: hiredisFunctions)
    unsafe functions.pointee.createArray = createBoundedArray
    return unsafe functions
}()

private let hiredisFunctions: redisReplyObjectFunctions = {
    guard let reader = unsafe redisReaderCreate() else { preconditionFailure("out of memory") }
    defer { unsafe redisReaderFree(reader) }
    return unsafe reader.pointee.fn.pointee
}()

/// Called by hiredis for the header of an array. Without a result, hiredis reports that it is out of memory.
private let createBoundedArray: @convention(c) (UnsafePointer<redisReadTask>?, CInt) -> UnsafeMutableRawPointer? = {
    task, count in
    guard count <= maxElements else { return nil }
    return unsafe hiredisFunctions.createArray(task, count)
}

extension RedisClient {
    /// The version of hiredis that this was built with, which does not say at run time what it is: `0.14.1`.
    package static var hiredisVersion: String { "\(HIREDIS_MAJOR).\(HIREDIS_MINOR).\(HIREDIS_PATCH)" }
}
