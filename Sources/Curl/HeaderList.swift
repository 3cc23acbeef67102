import CCurl
import HTTP

/// The header fields of one request as libcurl wants them: a linked list of C strings, freed with its owner.
@safe struct HeaderList: ~Copyable {
    private(set) var pointer: UnsafeMutablePointer<curl_slist>?

    /// Without fields: an empty list.
    init() {
        unsafe pointer = nil
    }

    /// The fields, and the removal of those that libcurl would add by itself.
    init(_ fields: Fields) throws(CurlError) {
        self.init()
        for field in fields.all {
            guard field.isSendable else { throw CurlError(call: "CURLOPT_HTTPHEADER", words: "not a header field") }
            // A name with a colon and nothing behind it would remove the field; the semicolon sends it empty.
            try append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        for name in ["Accept", "Content-Type", "Expect"] where fields[name] == nil {
            try append("\(name):")
        }
    }

    deinit {
        unsafe curl_slist_free_all(pointer)
    }

    private mutating func append(_ line: String) throws(CurlError) {
        guard let longer = unsafe curl_slist_append(pointer, line) else {
            throw CurlError(call: "curl_slist_append", words: words(of: CURLE_OUT_OF_MEMORY))
        }
        unsafe pointer = longer
    }
}

extension Fields.Field {
    /// Whether the name is a token and the value one line (RFC 9110 sections 5.1 and 5.5): libcurl writes what it gets.
    fileprivate var isSendable: Bool {
        name.isToken && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") }
    }
}

extension String {
    /// Whether this is a token of RFC 9110 section 5.6.2: a method or a field name.
    var isToken: Bool {
        !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                // Digits, letters and !#$%&'*+-.^_`|~, in the order of their codes.
                case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x7C, 0x7E: true
                default: false
                }
            }
    }
}
