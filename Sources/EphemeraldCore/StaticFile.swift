import Crypto
package import HTTP

/// A file that is part of the program and served to everybody as it is, under one path.
package struct StaticFile: Sendable {
    private let fields: Fields
    private let body: [UInt8]
    private let tag: String

    /// - Parameters:
    ///   - mediaType: for `Content-Type`.
    ///   - fields: what else goes on every answer.
    package init(_ body: [UInt8], mediaType: String, fields: Fields) {
        self.body = body
        tag = "\"\(SHA256.hash(data: body).prefix(16).hexadecimal)\""
        // A cache asks each time whether it is still the same: the next version of the program has another one.
        var all: Fields = ["Content-Type": mediaType, "ETag": tag, "Cache-Control": "no-cache"]
        all.append(contentsOf: fields)
        self.fields = all
    }

    /// 200 with the file, or 304 when the browser has it (RFC 9110 section 13.1.2).
    func answer(_ request: Request) -> Response {
        guard isKnown(to: request) else { return Response(.ok, fields: fields, body: body) }
        return Response(.notModified, fields: fields)
    }

    /// Weak comparison, as `If-None-Match` wants: a proxy that compresses makes the tag weak.
    private func isKnown(to request: Request) -> Bool {
        request.fields.values(of: "If-None-Match").contains { line in
            line.utf8.split(separator: UInt8(ascii: ",")).contains { element in
                let known = element.trimmingOptionalWhitespace
                return known.elementsEqual(tag.utf8) || known.elementsEqual("W/\(tag)".utf8)
                    || known.elementsEqual("*".utf8)
            }
        }
    }
}
