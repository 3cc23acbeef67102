import CCurl
import HTTP
import Text

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

    /// A list of one line, for an option that takes another kind of list.
    init(line: String) throws(CurlError) {
        self.init()
        try append(line)
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
        name.isToken && value.utf8.allSatisfy(\.isFieldValueCharacter)
    }
}
