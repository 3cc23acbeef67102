import HTTP
import Text

/// Gathers the field lines of one request, and the first thing that is wrong with one.
struct FieldCollector {
    private(set) var fields = Fields()
    private(set) var defect: String?
    private var layout: HeadLayout

    /// - Parameter layout: of the request line.
    init(behind layout: HeadLayout) {
        self.layout = layout
        fields.reserveCapacity(16)
    }

    /// The end of the head, of that many bytes.
    mutating func finish(headSize: Int) {
        layout.addHeadEnd(size: headSize)
        if !layout.isSound { defect = "the head holds a NUL, a bare line feed, a folded line or one without a name" }
    }

    mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        unsafe layout.addField(name: name, value: value)
        if unsafe name.isEmpty || !name.allSatisfy(\.isTokenCharacter) {
            defect = defect ?? "a header field name holds a character that no name may hold"
        }
        if unsafe !value.allSatisfy(\.isFieldValueCharacter) {
            defect = defect ?? "a header field value holds a control character"
        }
        // The library drops the white space before a value but not that behind it, which is no part of it either.
        let end = unsafe value.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? 0
        let text = unsafe String(decoding: UnsafeRawBufferPointer(rebasing: value[..<end]), as: UTF8.self)
        unsafe fields.append(String(decoding: name, as: UTF8.self), text)
    }
}
