internal import CMicroHTTPD
import Glibc
import HTTP

/// A response of libmicrohttpd's: field lines, and a body of a fixed size.
///
/// Most answers of a server differ in the values of few fields: an id, a limit. The library copies each field line that it
/// is given, so a response that has been sent is changed into the next one like it; see `ResponseShelf`. The library counts
/// references, and ours ends with the object.
@safe final class ResponseHandle {
    private let handle: OpaquePointer
    /// Memory that the library frees together with the response.
    private let body: UnsafeMutableRawBufferPointer
    private var fields: Fields
    /// The places of the lines in `fields.own` that may change, in order. The library has them after all others.
    private let changing: [Int]

    /// The fields whose values differ from answer to answer.
    private static let changingNames = [
        "RateLimit", "Retry-After", "Access-Control-Allow-Origin", "Location", "X-Request-Id",
    ]

    /// Copies body and fields. Nil when memory is short, or when the library refuses a field: an answer without it might
    /// say something else.
    init?(_ response: Response) {
        let size = response.body.count
        let memory = unsafe size == 0 ? nil : malloc(size)
        guard unsafe memory != nil || size == 0 else { return nil }
        guard let handle = unsafe mhd_response_owning(memory, size) else {
            unsafe free(memory)
            return nil
        }
        unsafe self.handle = handle
        unsafe body = UnsafeMutableRawBufferPointer(start: memory, count: size)
        fields = response.fields
        let lines = response.fields.own
        changing = lines.indices.filter { ResponseHandle.changingNames.contains(lines[$0].name) }
        // From here on `deinit` frees.
        unsafe response.body.withUnsafeBytes { unsafe body.copyMemory(from: $0) }
        for index in lines.indices where !changing.contains(index) {
            guard add(lines[index].name, lines[index].value) else { return nil }
        }
        let blocks = fields.blocks
        for line in blocks.0 + blocks.1 where !add(line.name, line.value) { return nil }
        for index in changing where !add(lines[index].name, lines[index].value) { return nil }
    }

    deinit {
        unsafe MHD_destroy_response(handle)
    }

    /// How much memory the body takes.
    var bodySize: Int { unsafe body.count }

    /// Has the library send it on that connection.
    func queue(on connection: OpaquePointer, status: Status) -> MHD_Result {
        unsafe MHD_queue_response(connection, UInt32(status.rawValue), handle)
    }

    /// Whether the field was added. It is not when it has an empty value or a line break, which no field of ours has.
    func add(_ name: String, _ value: String) -> Bool {
        // Passing a String where C expects a pointer copies it into an array first; `withCString` does not.
        unsafe name.withCString { name in
            unsafe value.withCString { unsafe MHD_add_response_header(handle, name, $0) == .YES }
        }
    }

    private func remove(_ name: String, _ value: String) -> Bool {
        unsafe name.withCString { name in
            unsafe value.withCString { unsafe MHD_del_response_header(handle, name, $0) == .YES }
        }
    }

    /// Whether the response can be changed into that one: the body is of the same size, and no line differs but in the
    /// value of one that may change.
    func resembles(_ response: Response) -> Bool {
        let (mine, theirs) = (fields.own, response.fields.own)
        // A block is one array in memory, which is equal to itself without a look at its lines.
        guard unsafe body.count == response.body.count, mine.count == theirs.count,
            fields.blocks == response.fields.blocks
        else { return false }
        for index in mine.indices {
            guard mine[index].name == theirs[index].name,
                mine[index].value == theirs[index].value || changing.contains(index)
            else { return false }
        }
        return true
    }

    /// Becomes that response, which it resembles. The order of its lines stays: a new value goes to the end, and so do
    /// the lines after it.
    /// - Returns: false when memory is short; the response is then of no use.
    func change(to response: Response) -> Bool {
        unsafe response.body.withUnsafeBytes { unsafe body.copyMemory(from: $0) }
        let (mine, theirs) = (fields.own, response.fields.own)
        var hasChanged = false
        for index in changing where hasChanged || mine[index].value != theirs[index].value {
            hasChanged = true
            guard remove(mine[index].name, mine[index].value), add(theirs[index].name, theirs[index].value) else {
                return false
            }
        }
        fields = response.fields
        return true
    }
}

/// The responses of one server that have been sent, to be changed into those that it sends next.
///
/// A response is here only while no connection has it, so nothing that is on its way changes.
struct ResponseShelf {
    /// The one that was sent last comes last.
    private var responses: [ResponseHandle] = []

    /// More than the answers that a busy server sends in one turn: the library requests all of them before it sends one.
    private static let capacity = 128
    /// What is larger is a file, and costs more to copy than its fields do.
    private static let largestBody = 4_096

    /// Takes one that resembles the response off the shelf and changes it, or makes one.
    /// - Returns: nil where `ResponseHandle` has none.
    mutating func take(for response: Response) -> ResponseHandle? {
        if let index = responses.lastIndex(where: { $0.resembles(response) }) {
            let handle = responses.remove(at: index)
            if handle.change(to: response) { return handle }
        }
        return ResponseHandle(response)
    }

    /// Keeps a response that has been sent, in place of the one that has been here longest.
    mutating func putBack(_ handle: ResponseHandle) {
        guard handle.bodySize <= ResponseShelf.largestBody else { return }
        if responses.count == ResponseShelf.capacity { responses.removeFirst() }
        responses.append(handle)
    }
}
