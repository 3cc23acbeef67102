internal import CZlib

/// Bytes in the format of gzip (RFC 1952), for browsers and package managers.
enum Gzip {
    /// The bytes, as small as zlib makes them, without a name or a time: the same bytes always give the same result.
    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        var stream = unsafe z_stream()
        guard unsafe czlib_deflate_begin(&stream) == Z_OK else { preconditionFailure("zlib has no memory") }
        let room = unsafe Int(deflateBound(&stream, UInt(bytes.count)))
        // zlib does not change its input, but its declaration says that it might.
        var input = bytes
        let packed = unsafe [UInt8](unsafeUninitializedCapacity: room) { output, count in
            unsafe input.withUnsafeMutableBufferPointer { input in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(room)
                guard unsafe czlib_deflate_finish(&stream) == Z_STREAM_END else {
                    preconditionFailure("deflateBound leaves room for everything")
                }
            }
            count = unsafe room - Int(stream.avail_out)
        }
        guard unsafe czlib_deflate_end(&stream) == Z_OK else { preconditionFailure("the stream was finished") }
        return packed
    }
}
