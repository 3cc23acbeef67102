import CCrypto

/// DER (X.690 section 8): the elements of keys and signatures.
package enum DER {
    /// Whether the bytes are one SEQUENCE and nothing else, as every key and every certificate in DER is.
    package static func isSequence(_ bytes: [UInt8]) -> Bool {
        let elements = unsafe parse(bytes, by: { unsafe d2i_ASN1_SEQUENCE_ANY(nil, &$0, $1) }, ccrypto_free_elements)
        unsafe ccrypto_free_elements(elements)
        return unsafe elements != nil
    }

    /// Reads the bytes with a function of libcrypto's, whose result `free` frees; nil unless it reads all of them.
    static func parse(
        _ bytes: [UInt8], by read: (inout UnsafePointer<UInt8>?, Int) -> OpaquePointer?,
        _ free: (OpaquePointer?) -> Void
    ) -> OpaquePointer? {
        // libcurl's connections on this thread read the same queue of errors.
        defer { ERR_clear_error() }
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            let result = unsafe read(&position, buffer.count)
            if unsafe position == buffer.baseAddress.map({ unsafe $0 + buffer.count }) { return unsafe result }
            unsafe free(result)
            return nil
        }
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, parts.flatMap { $0 }) }

    /// A BIT STRING of whole bytes.
    static func bitString(_ bytes: [UInt8]) -> [UInt8] { element(0x03, [0] + bytes) }

    /// An INTEGER that is not negative.
    /// - Parameter bytes: the most significant one first.
    static func integer(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let digits = Array(bytes.drop { $0 == 0 })
        // A first bit of 1 would be a sign.
        return element(0x02, (digits.first ?? 0x80) & 0x80 != 0 ? [0] + digits : digits)
    }

    private static func element(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
        if contents.count < 0x80 { return [tag, UInt8(contents.count)] + contents }
        let bytes = stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: contents.count >> $0) }
        let length = bytes.drop { $0 == 0 }
        return [tag, 0x80 | UInt8(length.count)] + length + contents
    }
}
