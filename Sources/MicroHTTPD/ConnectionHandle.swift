internal import CMicroHTTPD
import HTTP
import System

/// libmicrohttpd's own handle of a connection. It is valid between the library's reports that the connection started and
/// that it closed, and only inside that span do we hold one.
@safe struct ConnectionHandle {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    /// Keeps the library from reading, writing and calling us for this connection until `resume()`.
    func suspend() {
        unsafe MHD_suspend_connection(pointer)
    }

    /// Has the library call the handler for its answer, before it reads from the client again.
    ///
    /// A library that reads first finds the end of a client that has half-closed after its request, and drops the
    /// answer. A connection with a time limit of its own is looked at before those that can be read.
    func resume() {
        limitSilence(seconds: 3_600)
        unsafe MHD_resume_connection(pointer)
    }

    /// Queues a response. The library accepts one only inside its handler.
    func queue(_ answer: ResponseHandle, status: Status) -> MHD_Result {
        unsafe answer.queue(on: pointer, status: status)
    }

    /// Whether the library has memory left for the connection: unused room in its read buffer, or in the pool that the
    /// buffer grows from. The answer costs 64 bytes of it, so look rarely. The manual allows the call inside the handler
    /// only, because of threads; we have one.
    ///
    /// A chunk-size line that has filled the memory is never parsed: the library neither reads on nor gives up.
    func hasMemoryLeft() -> Bool {
        unsafe mhd_take_memory(pointer) == .YES
    }

    /// Has the library close the connection once it has read nothing for longer than this; 0 is the default, never.
    /// The library goes through all connections with a limit of their own in every turn, so let few have one.
    func limitSilence(seconds: UInt32) {
        let result = unsafe mhd_limit_silence(pointer, seconds)
        assert(result == .YES, "the library knows the option")
    }

    var socket: CInt {
        unsafe mhd_socket(pointer)?.pointee.connect_fd ?? -1
    }

    /// Bytes of the request's head, once it is complete.
    var headSize: Int {
        unsafe mhd_head_size(pointer)?.pointee.header_size ?? 0
    }

    /// The `Connection` that `connectionChanged` stored, or nil.
    var context: UnsafeMutableRawPointer? {
        unsafe mhd_socket_context(pointer)?.pointee.socket_context
    }

    /// The field lines of the request, or nil when the library cannot list them.
    /// - Parameter layout: of the request line.
    func readFields(after layout: HeadLayout) -> FieldCollector? {
        var collector = FieldCollector(after: layout)
        let count = unsafe withUnsafeMutablePointer(to: &collector) { collector in
            unsafe mhd_header_fields(pointer, fieldFound, collector)
        }
        collector.finish(headSize: headSize)
        return count < 0 ? nil : collector
    }

    /// The address that the connection was accepted from. Our sockets have no other families; if one
    /// comes, it is an address that nothing trusts.
    var peer: Peer {
        let address = unsafe mhd_client_address(pointer)?.pointee.client_addr
        return unsafe address.flatMap { unsafe Peer($0) } ?? .ip(IPAddress(bits: 0), port: 0)
    }
}
