import Glibc
import HTTP

/// The names that most requests have. A name that is found here is a token, and needs no memory of its own.
struct KnownNames: Sendable {
    private struct Entry: Sendable {
        let bytes: [UInt8]
        let name: String
    }

    /// By their lengths.
    private let entries: [[Entry]]

    private init(_ names: [String]) {
        var entries: [[Entry]] = []
        for name in names {
            while entries.count <= name.utf8.count { entries.append([]) }
            entries[name.utf8.count].append(Entry(bytes: Array(name.utf8), name: name))
        }
        self.entries = entries
    }

    /// The name with these bytes; nil when it is not known.
    func name(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard bytes.count < entries.count else { return nil }
        let candidates = entries[bytes.count]
        for index in candidates.indices where unsafe bytes.hasBytes(of: candidates[index].bytes) {
            return candidates[index].name
        }
        return nil
    }

    /// Names of header fields as browsers and nginx write them over HTTP/1.1, and in lower case as other clients do.
    static let fields = KnownNames(names + names.map { $0.lowercased() })

    private static let names = [
        "Host", "Origin", "Content-Length", "Authorization", "User-Agent", "Accept", "Accept-Encoding",
        "Accept-Language", "Connection", "Content-Type", "Cookie", "Referer", "X-Forwarded-For", "X-Forwarded-Proto",
        "X-Forwarded-Host", "X-Real-IP", "X-Request-Id", "Traceparent", "Sec-Fetch-Site", "Sec-Fetch-Mode",
        "Sec-Fetch-Dest", "Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform", "Access-Control-Request-Method",
        "Access-Control-Request-Headers", "Cache-Control", "Pragma", "DNT", "Priority",
    ]
}

extension Method {
    /// The method of a request line. Those that the program answers need no memory of their own.
    init(_ name: UnsafeRawBufferPointer) {
        if unsafe name.hasBytes(of: "POST") {
            self = .post
        } else if unsafe name.hasBytes(of: "OPTIONS") {
            self = .options
        } else if unsafe name.hasBytes(of: "GET") {
            self = .get
        } else {
            self.init(rawValue: unsafe String(decoding: name, as: UTF8.self))
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these are the bytes of the text.
    func hasBytes(of text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount, let start = baseAddress else { return false }
        return unsafe memcmp(start, text.utf8Start, count) == 0
    }

    fileprivate func hasBytes(of bytes: [UInt8]) -> Bool {
        guard count == bytes.count, let start = baseAddress else { return false }
        return unsafe memcmp(start, bytes, count) == 0
    }
}
