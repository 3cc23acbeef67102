import HTTP
import Text

/// Where the body of a request ends, and what is wrong when that cannot be told for sure.
///
/// libmicrohttpd 0.9.75 uses the first of two `Content-Length` fields, accepts one beside `Transfer-Encoding`, and reads
/// an unknown coding until the connection closes. Two parties that disagree on where a request ends is how requests
/// are smuggled, so here every doubt is an error.
enum Framing {
    /// Checks a head, and brings it into the one form that the policy sees: the target in origin form, with its host in
    /// `Host`. Characters that a method or a target may not have are replaced.
    /// - Returns: what is wrong; nil when nothing is.
    static func defect(in head: inout RequestHead, _ lines: FieldCollector, version: HTTPVersion) -> String? {
        if let defect = defect(method: head.method.rawValue, target: head.target) {
            head.method = Method(rawValue: "?")
            head.target = visible(head.target)
            return defect
        }
        if let defect = lines.defect ?? defect(in: lines.framing, version: version) { return defect }
        guard let target = AbsoluteTarget(head.target, method: head.method) else { return nil }
        if let defect = defect(in: target, host: lines.framing.host) { return defect }
        head.target = target.originForm
        head.fields = lines.fields.replacingHost(target.authority)
        return nil
    }

    /// - Returns: what is wrong, by RFC 9112 sections 3.2, 6.1 and 6.3; nil when nothing is.
    private static func defect(in fields: FramingFields, version: HTTPVersion) -> String? {
        guard version != .other else { return "the version is not HTTP/1.1 or HTTP/1.0" }
        return hostDefect(in: fields, version: version) ?? lengthDefect(in: fields, version: version)
    }

    /// - Returns: what is wrong with the request line, by RFC 9112 section 3.
    private static func defect(method: String, target: String) -> String? {
        if !method.isToken { return "the method is not a token" }
        let isVisible = target.consists(of: .visible)
        return isVisible ? nil : "the target contains a character that must be percent-encoded"
    }

    /// The target with every byte that no target may hold shown as `?`.
    private static func visible(_ target: String) -> String {
        String(decoding: target.utf8.map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    private static func hostDefect(in fields: FramingFields, version: HTTPVersion) -> String? {
        guard let host = fields.host else { return version == .http11 ? "the Host field is missing" : nil }
        if fields.hosts > 1 { return "there is more than one Host field" }
        return isHost(host) ? nil : "the Host field is not a host and port"
    }

    private static let hostCharacters = ASCIISet {
        ASCIISet.visible.contains($0) && !"/\\?#@,\"<>".utf8.contains($0)
    }

    private static func isHost(_ text: String) -> Bool {
        text.consists(of: hostCharacters)
    }

    /// - Returns: what is wrong with the authority of a target in absolute form, by RFC 9112 section 3.2 and RFC 9110
    ///   section 4.2; nil when nothing is.
    private static func defect(in target: AbsoluteTarget, host: String?) -> String? {
        guard !target.authority.isEmpty, isHost(String(target.authority)) else {
            return "the target names no host and port"
        }
        if let host, !target.agrees(with: host) { return "the target and the Host field name different hosts" }
        return nil
    }

    private static func lengthDefect(in fields: FramingFields, version: HTTPVersion) -> String? {
        if fields.lengths > 0, fields.codings > 0 { return "Content-Length and Transfer-Encoding are both present" }
        if fields.lengths > 1 { return "there is more than one Content-Length field" }
        if fields.codings > 1 { return "there is more than one Transfer-Encoding field" }
        if let length = fields.length { return contentLength(length) == nil ? "Content-Length is not a number" : nil }
        guard let coding = fields.coding else { return nil }
        if version == .http10 { return "HTTP/1.0 has no Transfer-Encoding" }
        return coding.equalsIgnoringCase("chunked") ? nil : "the only Transfer-Encoding accepted is chunked"
    }

    /// Digits only, at most 18 of them: neither sign nor list nor overflow.
    static func contentLength(_ text: String) -> Int? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy(\.isDigit) else {
            return nil
        }
        return Int(text)
    }
}

/// The head of a request, as the policy sees it.
struct RequestHead {
    var method = Method.get
    var target = ""
    var fields = Fields()
}

/// The fields that say which host a request is for and where its body ends: how often each is there, and the first value.
struct FramingFields {
    private(set) var hosts = 0
    private(set) var host: String?
    private(set) var lengths = 0
    private(set) var length: String?
    private(set) var codings = 0
    private(set) var coding: String?
    private(set) var expects = false

    /// Takes note of a field line, if it is one of these.
    mutating func note(_ name: String, _ value: String) {
        // `==` first: up to 15 bytes it is one comparison, and most clients write the names like this.
        switch name.utf8.count {
        case 4 where name == "Host" || name.equalsIgnoringCase("Host"):
            hosts += 1
            host = host ?? value
        case 6 where name.equalsIgnoringCase("Expect"):
            expects = true
        case 14 where name == "Content-Length" || name.equalsIgnoringCase("Content-Length"):
            lengths += 1
            length = length ?? value
        case 17 where name.equalsIgnoringCase("Transfer-Encoding"):
            codings += 1
            coding = coding ?? value
        default: break
        }
    }
}

/// The version that a request line names.
enum HTTPVersion {
    case http11
    case http10
    case other

    init(_ text: UnsafeRawBufferPointer) {
        if unsafe text.hasBytes(of: "HTTP/1.1") {
            self = .http11
        } else {
            self = unsafe text.hasBytes(of: "HTTP/1.0") ? .http10 : .other
        }
    }
}
