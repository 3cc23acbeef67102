import HTTP
import Text

/// Collects the field lines of one request, and the first thing that is wrong with one.
struct FieldCollector {
    private(set) var fields = Fields()
    private(set) var framing = FramingFields()
    private(set) var defect: String?
    private var layout: HeadLayout

    /// - Parameter layout: of the request line.
    init(after layout: HeadLayout) {
        self.layout = layout
        fields.reserveCapacity(16)
    }

    /// The end of the head, of that many bytes.
    mutating func finish(headSize: Int) {
        layout.addHeadEnd(size: headSize)
        if !layout.isSound { defect = "the head contains a NUL, a bare line feed, a folded line or one without a name" }
    }

    mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        unsafe layout.addField(name: name, value: value)
        let nameText = unsafe KnownNames.fields.name(name) ?? unknownName(name)
        // Without an early end, so that the compiler looks at many bytes at a time.
        var isText = true
        for index in 0..<value.count where unsafe !value[index].isFieldValueCharacter { isText = false }
        if !isText { defect = defect ?? "a header field value contains a control character" }
        // The library drops the white space before a value but not after it, where it is not part of it either.
        var end = value.count
        while unsafe end > 0 && (value[end - 1] == 0x20 || value[end - 1] == 0x09) { end -= 1 }
        let text = unsafe String(decoding: UnsafeRawBufferPointer(rebasing: value[..<end]), as: UTF8.self)
        framing.note(nameText, text)
        fields.append(nameText, text)
    }

    private mutating func unknownName(_ name: UnsafeRawBufferPointer) -> String {
        let token = ASCIISet.token
        if unsafe name.isEmpty || !name.allSatisfy({ token.contains($0) }) {
            defect = defect ?? "a header field name contains a character that is not allowed"
        }
        return unsafe String(decoding: name, as: UTF8.self)
    }
}

/// Where the parts of a request head are in libmicrohttpd's buffer, and whether anything is between them.
///
/// libmicrohttpd 0.9.75 hands out C strings and measures them by `strlen`: what follows a NUL is invisible, and so are a
/// bare LF at the end of a line, a folded line and a line without a name. But it parses in place, putting NULs where
/// the delimiters were, so each part must start right after the delimiter of the one before. Version 1.0 refuses all
/// of these itself, and may lay its buffer out as it likes.
struct HeadLayout {
    /// Where the next part must start; 0 when the version is not one that is looked at.
    private var next: UInt
    private let start: UInt
    private(set) var isSound = true
    /// Whether the library's version is one that is looked at.
    private static let isKnown = Server.version.hasPrefix("0.9.")

    /// - Parameter start: the method, which comes first.
    init(start: UnsafeRawPointer) {
        self.start = UInt(bitPattern: start)
        next = HeadLayout.isKnown ? self.start : 0
    }

    /// A part of the request line, with one delimiting byte after it.
    mutating func addWord(_ start: UInt, count: Int) {
        check(start == next)
        next = next == 0 ? 0 : start + UInt(count) + 1
    }

    /// The end of a line: CR and LF, now two NULs, of which the word before has counted one.
    mutating func addLineEnd() {
        guard next != 0, let feed = unsafe UnsafeRawPointer(bitPattern: next) else { return }
        check(unsafe feed.load(as: UInt8.self) == 0)
        next += 1
    }

    /// A field line. Between name and value are the colon, now a NUL, and white space.
    mutating func addField(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        guard next != 0, let nameStart = name.baseAddress, let valueStart = value.baseAddress else { return }
        addWord(UInt(bitPattern: nameStart), count: name.count)
        let distance = UInt(bitPattern: valueStart) &- next
        // A value that is elsewhere was put together from several lines.
        guard isSound, distance < 65_536 else { return check(false) }
        let gap = unsafe UnsafeRawBufferPointer(start: valueStart - Int(distance), count: Int(distance))
        check(unsafe gap.allSatisfy { $0 == 0x20 || $0 == 0x09 })
        next = UInt(bitPattern: valueStart)
        addWord(next, count: value.count)
        addLineEnd()
    }

    /// The empty line that ends a head, and with it the head. The library ends the head at a line without a name too, and
    /// reads what follows that line as the next request.
    /// - Parameter size: bytes of the head as the library counts them.
    mutating func addHeadEnd(size: Int) {
        check(start + UInt(size) == next + 2)
    }

    private mutating func check(_ condition: Bool) {
        if next != 0, !condition { isSound = false }
    }
}
