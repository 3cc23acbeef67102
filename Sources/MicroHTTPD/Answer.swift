internal import CMicroHTTPD
import HTTP

/// A response in libmicrohttpd's keeping. The library counts references; ours ends with the value.
@safe struct Answer: ~Copyable {
    let handle: OpaquePointer

    /// Copies the body. Nil when memory is short.
    init?(_ response: Response) {
        let handle = unsafe response.body.withUnsafeBytes { unsafe mhd_response_copying($0.baseAddress, $0.count) }
        guard let handle = unsafe handle else { return nil }
        unsafe self.handle = handle
        for field in response.fields.all { add(field.name, field.value) }
    }

    deinit {
        unsafe MHD_destroy_response(handle)
    }

    func add(_ name: String, _ value: String) {
        // Refused only for an empty value or one with a line break, which no field of ours has.
        let result = unsafe MHD_add_response_header(handle, name, value)
        assert(result == .YES, "a header field that libmicrohttpd refuses: \(name)")
    }
}
