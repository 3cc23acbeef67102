import Cryptography
package import HTTP
import Locking
import Text

/// Bytes that are made when they are first wanted, once.
package final class LateBytes: Sendable {
    private let make: @Sendable () -> [UInt8]
    private let made = Locked<[UInt8]?>(nil)

    /// - Parameter make: makes them, on the thread that wants them first.
    package init(_ make: @escaping @Sendable () -> [UInt8]) {
        self.make = make
    }

    /// The bytes.
    package var bytes: [UInt8] {
        made.withLock { made in
            if let made { return made }
            let bytes = make()
            made = bytes
            return bytes
        }
    }
}

/// A file that is part of the program and served unchanged to everybody, under one path.
package struct StaticFile: Sendable {
    /// The file in one form: as it is, or compressed.
    private struct Form {
        let fields: Fields
        let body: LateBytes
    }

    private let plain: Form
    private let packed: Form?
    /// The tags in `If-None-Match` that name the file.
    private let names: [[UInt8]]

    /// - Parameters:
    ///   - packed: the same, compressed by gzip, for clients that accept it.
    ///   - mediaType: the value of `Content-Type`.
    ///   - fields: further fields of every answer.
    package init(_ body: [UInt8], packed: LateBytes? = nil, mediaType: String, fields: Fields) {
        self.init(LateBytes { body }, of: body, packed: packed, mediaType: mediaType, fields: fields)
    }

    /// - Parameter source: what the body is made of. Another source has another tag.
    package init(
        _ body: LateBytes, of source: [UInt8], packed: LateBytes? = nil, mediaType: String, fields: Fields
    ) {
        let name = HashFunction.sha256.hash(source).prefix(16).hexadecimal
        // Each form has its own strong tag (RFC 9110 section 8.8.3).
        let (tag, packedTag) = ("\"\(name)\"", "\"\(name)-gzip\"")
        names = [tag, "W/\(tag)", packedTag, "W/\(packedTag)", "*"].map { Array($0.utf8) }
        // A cache checks each time whether the file has changed: the next version of the program has another one.
        func form(_ body: LateBytes, _ tag: String, _ encoding: Fields) -> Form {
            var all: Fields = ["Content-Type": mediaType, "ETag": tag, "Cache-Control": "no-cache"]
            all.append(contentsOf: encoding)
            all.append(contentsOf: fields)
            return Form(fields: all, body: body)
        }
        plain = form(body, tag, packed == nil ? [:] : ["Vary": "Accept-Encoding"])
        self.packed = packed.map { form($0, packedTag, ["Content-Encoding": "gzip", "Vary": "Accept-Encoding"]) }
    }

    /// 200 with the file, or 304 when the browser has it (RFC 9110 section 13.1.2).
    func answer(_ request: Request) -> Response {
        let form = packed.flatMap { StaticFile.acceptsGzip(request) ? $0 : nil } ?? plain
        guard isKnown(to: request) else { return Response(.ok, fields: form.fields, body: form.body.bytes) }
        return Response(.notModified, fields: form.fields)
    }

    /// Whether `Accept-Encoding` names gzip, and not with the weight 0 (RFC 9110 section 12.5.3).
    private static func acceptsGzip(_ request: Request) -> Bool {
        request.fields.values(of: "Accept-Encoding").contains { line in
            line.utf8.split(separator: UInt8(ascii: ","), maxSplits: mostTags).prefix(mostTags).contains { element in
                let parts = element.split(separator: UInt8(ascii: ";"), maxSplits: 1)
                guard let coding = parts.first, coding.trimmingOptionalWhitespace.elementsEqual("gzip".utf8) else {
                    return false
                }
                guard parts.count > 1 else { return true }
                // Any digit but 0 is a weight.
                return parts[1].contains { UInt8(ascii: "1")...UInt8(ascii: "9") ~= $0 }
            }
        }
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
