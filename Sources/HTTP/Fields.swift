import Text

/// Header fields in the order they were received or are to be sent (RFC 9110 section 5).
///
/// Names compare without regard to ASCII case. A list of a dozen entries is searched faster than it is hashed.
package struct Fields: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// One field line.
    package struct Field: Hashable, Sendable {
        /// As it was received or is to be sent, in the case it has.
        package let name: String
        /// Received ones have no white space around them.
        package let value: String

        /// Checks neither: received ones are checked by the server, our own are ours.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The lines that were added one by one.
    package private(set) var own: [Field] = []
    /// Lines that many messages have in common, after those of `own`: two arrays, of which each is in memory once.
    package private(set) var blocks: ([Field], [Field]) = ([], [])
    /// The lengths of all names, a bit each: most lookups are for a field that is not there, and end here.
    private var nameLengths: UInt64 = 0

    /// No field lines.
    package init() {}

    /// Lines in the order in which they are written; names may be repeated.
    package init(dictionaryLiteral elements: (String, String)...) {
        // A literal is how an answer begins, and most get eight more lines.
        own.reserveCapacity(max(elements.count, 12))
        for (name, value) in elements { append(name, value) }
    }

    /// All field lines, in order.
    package var all: [Field] { blocks.0.isEmpty ? own : own + blocks.0 + blocks.1 }

    /// The number of all field lines.
    private var count: Int { own.count + blocks.0.count + blocks.1.count }

    /// Makes room for that many lines of its own.
    package mutating func reserveCapacity(_ count: Int) {
        own.reserveCapacity(count)
    }

    /// Adds a field line after the others, whether or not the name is there already.
    package mutating func append(_ name: String, _ value: String) {
        own.append(Field(name, value))
        nameLengths |= Fields.lengthBit(of: name)
    }

    /// Adds all field lines of the other after these.
    package mutating func append(contentsOf other: Fields) {
        own.append(contentsOf: other.all)
        nameLengths |= other.nameLengths
    }

    /// Adds lines that are made once and used many times, without a copy of them. They come after all that are added one
    /// by one, before or later. From the third block on, lines are copied.
    package mutating func append(sharing block: Fields) {
        if blocks.0.isEmpty {
            blocks.0 = block.all
        } else {
            blocks.1 = blocks.1.isEmpty ? block.all : blocks.1 + block.all
        }
        nameLengths |= block.nameLengths
    }

    /// Whether both have the same lines in the same order.
    package static func == (left: Fields, right: Fields) -> Bool {
        left.count == right.count && left.nameLengths == right.nameLengths && left.all == right.all
    }

    /// Hashes all lines.
    package func hash(into hasher: inout Hasher) { hasher.combine(all) }

    /// The value of the first line of that name.
    package subscript(name: String) -> String? {
        nextLine(named: name, from: 0).map { value(of: $0) }
    }

    /// The values of all lines of that name, in order.
    package func values(of name: String) -> [String] {
        var (values, start): ([String], Int) = ([], 0)
        while let line = nextLine(named: name, from: start) {
            values.append(value(of: line))
            start = line + 1
        }
        return values
    }

    /// The value when the field is there exactly once; nil when it is absent or repeated.
    package func only(_ name: String) -> String? {
        guard let line = nextLine(named: name, from: 0), nextLine(named: name, from: line + 1) == nil else {
            return nil
        }
        return value(of: line)
    }

    /// How many lines have that name.
    package func count(of name: String) -> Int {
        var (count, start) = (0, 0)
        while let line = nextLine(named: name, from: start) {
            count += 1
            start = line + 1
        }
        return count
    }

    /// The index of the first line of that name that is not before `start`. Every lookup goes through here: it runs
    /// about twenty times a request, over a span, so that no line is copied on the way.
    private func nextLine(named name: String, from start: Int) -> Int? {
        guard nameLengths & Fields.lengthBit(of: name) != 0 else { return nil }
        let lines = own.span
        for index in min(start, lines.count)..<lines.count where lines[index].name.equalsIgnoringCase(name) {
            return index
        }
        guard !blocks.0.isEmpty else { return nil }
        let others = blocks.0 + blocks.1
        return others.indices.first { $0 + lines.count >= start && others[$0].name.equalsIgnoringCase(name) }
            .map { $0 + lines.count }
    }

    private func value(of line: Int) -> String {
        line < own.count ? own[line].value : (blocks.0 + blocks.1)[line - own.count].value
    }

    private static func lengthBit(of name: String) -> UInt64 {
        1 << UInt64(min(name.utf8.count, 63))
    }
}
