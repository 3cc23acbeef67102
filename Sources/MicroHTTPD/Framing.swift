import HTTP
import Text

/// Where the body of a request ends, and what is wrong when that cannot be told for sure.
///
/// libmicrohttpd 0.9.75 uses the first of two `Content-Length` fields, accepts one beside `Transfer-Encoding`, and reads
/// an unknown coding until the connection closes. Two parties that disagree on where a request ends is how requests
/// are smuggled, so here every doubt is an error.
enum Framing {
    /// - Returns: what is wrong, by RFC 9112 sections 3.2, 6.1 and 6.3; nil when nothing is.
    static func defect(in fields: Fields, version: String) -> String? {
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else { return "the version is not HTTP/1.1 or HTTP/1.0" }
        return hostDefect(in: fields, version: version) ?? lengthDefect(in: fields, version: version)
    }

    /// - Returns: what is wrong with the request line, by RFC 9112 section 3.
    static func defect(method: String, target: String) -> String? {
        if !method.isToken { return "the method is not a token" }
        let isVisible = target.consists(of: .visible)
        return isVisible ? nil : "the target contains a character that must be percent-encoded"
    }

    /// The target with every byte that no target may hold shown as `?`.
    static func visible(_ target: String) -> String {
        String(decoding: target.utf8.map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    private static func hostDefect(in fields: Fields, version: String) -> String? {
        switch fields.count(of: "Host") {
        case 0: return version == "HTTP/1.1" ? "the Host field is missing" : nil
        case 1: break
        default: return "there is more than one Host field"
        }
        return isHost(fields["Host"] ?? "") ? nil : "the Host field is not a host and port"
    }

    private static let hostCharacters = ASCIISet {
        ASCIISet.visible.contains($0) && !"/\\?#@,\"<>".utf8.contains($0)
    }

    private static func isHost(_ text: String) -> Bool {
        text.consists(of: hostCharacters)
    }

    /// - Returns: what is wrong with the authority of a target in absolute form, by RFC 9112 section 3.2 and RFC 9110
    ///   section 4.2; nil when nothing is.
    static func defect(in target: AbsoluteTarget, host: String?) -> String? {
        guard !target.authority.isEmpty, isHost(String(target.authority)) else {
            return "the target names no host and port"
        }
        if let host, !target.agrees(with: host) { return "the target and the Host field name different hosts" }
        return nil
    }

    private static func lengthDefect(in fields: Fields, version: String) -> String? {
        let lengths = fields.count(of: "Content-Length")
        let codings = fields.count(of: "Transfer-Encoding")
        if lengths + codings == 0 { return nil }
        if lengths > 0, codings > 0 { return "Content-Length and Transfer-Encoding are both present" }
        if lengths > 1 { return "there is more than one Content-Length field" }
        if codings > 1 { return "there is more than one Transfer-Encoding field" }
        if let length = fields["Content-Length"] {
            return contentLength(length) == nil ? "Content-Length is not a number" : nil
        }
        if version == "HTTP/1.0" { return "HTTP/1.0 has no Transfer-Encoding" }
        guard fields["Transfer-Encoding"]?.equalsIgnoringCase("chunked") == true else {
            return "the only Transfer-Encoding accepted is chunked"
        }
        return nil
    }

    /// Digits only, at most 18 of them: neither sign nor list nor overflow.
    static func contentLength(_ text: String) -> Int? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy(\.isDigit) else {
            return nil
        }
        return Int(text)
    }
}
