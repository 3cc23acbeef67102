import Cryptography
package import HTTP
import Text

/// A file that is part of the program and served unchanged to everybody, under one path.
package struct StaticFile: Sendable {
    private let fields: Fields
    private let body: [UInt8]
    /// The tags in `If-None-Match` that name the file.
    private let names: [[UInt8]]

    /// - Parameters:
    ///   - mediaType: the value of `Content-Type`.
    ///   - fields: further fields of every answer.
    package init(_ body: [UInt8], mediaType: String, fields: Fields) {
        self.body = body
        let tag = "\"\(HashFunction.sha256.hash(body).prefix(16).hexadecimal)\""
        names = [tag, "W/\(tag)", "*"].map { Array($0.utf8) }
        // A cache checks each time whether the file has changed: the next version of the program has another one.
        var all: Fields = ["Content-Type": mediaType, "ETag": tag, "Cache-Control": "no-cache"]
        all.append(contentsOf: fields)
        self.fields = all
    }

    /// 200 with the file, or 304 when the browser has it (RFC 9110 section 13.1.2).
    func answer(_ request: Request) -> Response {
        guard isKnown(to: request) else { return Response(.ok, fields: fields, body: body) }
        return Response(.notModified, fields: fields)
    }

    /// How many tags of a request are compared: a browser sends one, and 16 KiB of head have room for thousands.
    private static let mostTags = 32

    /// Weak comparison, as `If-None-Match` requires: a proxy that compresses makes the tag weak.
    private func isKnown(to request: Request) -> Bool {
        var room = StaticFile.mostTags
        for line in request.fields.values(of: "If-None-Match") {
            let elements = line.utf8.split(separator: UInt8(ascii: ","), maxSplits: room).prefix(room)
            room -= elements.count
            for element in elements {
                let known = element.trimmingOptionalWhitespace
                if names.contains(where: { known.elementsEqual($0) }) { return true }
            }
        }
        return false
    }
}
