import CCurl
import HTTP
import Text

// The heads of messages as libcurl has them: the URL and the fields of a request, and the fields of its response.

/// A URL as libcurl parses it: with CURLOPT_CURLU it does so once, and not for each transfer.
@safe struct ParsedURL: ~Copyable {
    /// What was parsed.
    let text: String
    let pointer: OpaquePointer?

    /// No URL yet.
    init() {
        text = ""
        unsafe pointer = nil
    }

    /// - Throws: when the text is not an absolute URL, or names a user.
    init(_ text: String) throws(CurlError) {
        guard !text.utf8.contains(0) else { throw CurlError(call: "CURLOPT_CURLU", words: "holds a NUL") }
        guard let pointer = unsafe curl_url() else {
            throw CurlError(call: "curl_url", words: words(of: CURLE_OUT_OF_MEMORY))
        }
        // CURLOPT_DISALLOW_USERNAME_IN_URL has no effect on a URL that is parsed already.
        let flags = UInt32(CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME)
        let code = unsafe curl_url_set(pointer, CURLUPART_URL, text, flags)
        guard code == CURLUE_OK else {
            unsafe curl_url_cleanup(pointer)
            throw CurlError(call: "CURLOPT_CURLU", words: unsafe String(cString: curl_url_strerror(code)))
        }
        self.text = text
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe curl_url_cleanup(pointer)
    }
}

/// Lines as libcurl wants them, such as the fields of a request: a linked list of C strings, freed with its owner. The
/// last of its own lines may lead on to lines that several lists share.
@safe struct HeaderList: ~Copyable {
    private(set) var pointer: UnsafeMutablePointer<curl_slist>?
    private var last: UnsafeMutablePointer<curl_slist>?
    private var shared: SharedLines?

    /// Without lines.
    init() {
        unsafe (pointer, last) = (nil, nil)
    }

    /// The fields after a `User-Agent` if they have none, and the removal of those that libcurl would add by itself.
    init(_ fields: Fields, userAgent: String) throws(CurlError) {
        self.init()
        if fields["User-Agent"] == nil { try append(Fields.Field("User-Agent", userAgent)) }
        for field in fields.all { try append(field) }
        if fields["Accept"] == nil { try append("Accept:") }
        if fields["Content-Type"] == nil { try append("Content-Type:") }
        if fields["Expect"] == nil { try append("Expect:") }
    }

    /// The fields, and after them the shared lines.
    init(_ fields: ArraySlice<Fields.Field>, before shared: SharedLines) throws(CurlError) {
        self.init()
        for field in fields { try append(field) }
        self.shared = shared
        if let last = unsafe last {
            unsafe last.pointee.next = shared.pointer
        } else {
            unsafe pointer = shared.pointer
        }
    }

    /// A list of one line, for an option that needs another kind of list.
    init(line: String) throws(CurlError) {
        self.init()
        try append(line)
    }

    deinit {
        // Its own lines only.
        guard let last = unsafe last else { return }
        unsafe last.pointee.next = nil
        unsafe curl_slist_free_all(pointer)
    }

    private mutating func append(_ field: Fields.Field) throws(CurlError) {
        guard field.isSendable else { throw CurlError(call: "CURLOPT_HTTPHEADER", words: "not a header field") }
        let (name, value) = (field.name.utf8, field.value.utf8)
        // A name with a colon and no value would remove the field; the semicolon sends it empty.
        let separator = value.isEmpty ? ";".utf8 : ": ".utf8
        let (valueStart, end) = (name.count + separator.count, name.count + separator.count + value.count)
        // On the stack, because libcurl copies the line: a String would be grown twice, and copied before that.
        let longer = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: end + 1) { line in
            let bytes = UnsafeMutableRawBufferPointer(line)
            unsafe bytes.copyBytes(from: name)
            unsafe bytes[name.count...].copyBytes(from: separator)
            unsafe bytes[valueStart...].copyBytes(from: value)
            unsafe bytes[end] = 0
            return unsafe curl_slist_append(last, line.baseAddress)
        }
        try unsafe append(longer)
    }

    private mutating func append(_ line: String) throws(CurlError) {
        try unsafe append(curl_slist_append(last, line))
    }

    /// Appends what `curl_slist_append` gave.
    private mutating func append(_ longer: UnsafeMutablePointer<curl_slist>?) throws(CurlError) {
        guard let longer = unsafe longer else {
            throw CurlError(call: "curl_slist_append", words: words(of: CURLE_OUT_OF_MEMORY))
        }
        if let node = unsafe last {
            unsafe last = node.pointee.next
        } else {
            unsafe (pointer, last) = (longer, longer)
        }
    }
}

/// The last lines of several lists: the fields that requests have in common. Each list that leads on to them keeps them.
@safe final class SharedLines {
    /// What was prepared.
    let common: CommonFields
    private let list: HeaderList

    var pointer: UnsafeMutablePointer<curl_slist>? { unsafe list.pointer }

    init(_ common: CommonFields, userAgent: String) throws(CurlError) {
        list = try HeaderList(common.fields, userAgent: userAgent)
        self.common = common
    }
}

extension Fields.Field {
    /// Whether the name is a token and the value one line (RFC 9110 sections 5.1 and 5.5): libcurl writes what it gets.
    fileprivate var isSendable: Bool {
        let value = value.utf8.span
        return name.isToken && value.indices.allSatisfy { value[$0].isFieldValueCharacter }
    }
}

extension EasyHandle {
    /// The first two fields of each name in the final response, as far as it has them: a second one shows that the first
    /// is not the only one. Valid until the next transfer begins.
    func responseFields(named names: [StaticString]) -> Fields {
        var fields = Fields()
        for name in names {
            var header: UnsafeMutablePointer<curl_header>?
            var (index, count) = (0, 1)
            while index < count, unsafe ccurl_easy_header(pointer, name.utf8Start, index, &header) == CURLHE_OK,
                let found = unsafe header
            {
                fields.append(name.description, unsafe value(of: found))
                (index, count) = (index + 1, unsafe min(found.pointee.amount, 2))
            }
        }
        return fields
    }

    /// All fields of the final response but those that belong to the connection. Valid until the next transfer begins.
    var responseFields: Fields {
        var fields = Fields()
        var last: UnsafeMutablePointer<curl_header>?
        while let header = unsafe curl_easy_nextheader(pointer, UInt32(CURLH_HEADER), -1, last) {
            unsafe last = header
            let name = unsafe String(cString: header.pointee.name)
            guard name.isToken, !connectionFields.contains(where: name.equalsIgnoringCase) else { continue }
            fields.append(name, unsafe value(of: header))
        }
        return fields
    }

    /// libcurl 7.88.1 gives an empty value as a carriage return.
    private func value(of header: UnsafeMutablePointer<curl_header>) -> String {
        let value = unsafe String(cString: header.pointee.value)
        return value == "\r" ? "" : value
    }
}

private let connectionFields = ["Connection", "Content-Length", "Date", "Keep-Alive", "Transfer-Encoding"]
