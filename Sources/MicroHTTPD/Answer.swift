internal import CMicroHTTPD
import HTTP

/// A response in libmicrohttpd's keeping. The library counts references; ours ends with the value.
@safe struct Answer: ~Copyable {
    let handle: OpaquePointer

    /// Copies the body. Nil when memory is short, or when the library refuses a field: an answer without it might say
    /// something else.
    init?(_ response: Response) {
        let handle = unsafe response.body.withUnsafeBytes { unsafe mhd_response_copying($0.baseAddress, $0.count) }
        guard let handle = unsafe handle else { return nil }
        let isWhole = response.fields.all.allSatisfy { field in
            unsafe MHD_add_response_header(handle, field.name, field.value) == .YES
        }
        guard isWhole else {
            unsafe MHD_destroy_response(handle)
            return nil
        }
        unsafe self.handle = handle
    }

    deinit {
        unsafe MHD_destroy_response(handle)
    }

    /// Whether the field was added. It is not when it has an empty value or a line break, which no field of ours has.
    func add(_ name: String, _ value: String) -> Bool {
        unsafe MHD_add_response_header(handle, name, value) == .YES
    }
}
