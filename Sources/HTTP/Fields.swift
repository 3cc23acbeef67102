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

    /// All field lines, in order.
    package private(set) var all: [Field]
    /// The lengths of all names, a bit each: most lookups are for a field that is not there, and end here.
    private var nameLengths: UInt64 = 0

    /// No field lines.
    package init() {
        all = []
    }

    /// Lines in the order in which they are written; names may be repeated.
    package init(dictionaryLiteral elements: (String, String)...) {
        all = []
        // A literal is how an answer begins, and most get eight more lines.
        all.reserveCapacity(max(elements.count, 12))
        for (name, value) in elements { append(name, value) }
    }

    /// Makes room for that many lines.
    package mutating func reserveCapacity(_ count: Int) {
        all.reserveCapacity(count)
    }

    /// Adds a field line after the others, whether or not the name is there already.
    package mutating func append(_ name: String, _ value: String) {
        all.append(Field(name, value))
        nameLengths |= Fields.lengthBit(of: name)
    }

    /// Adds all field lines of the other after these.
    package mutating func append(contentsOf other: Fields) {
        all.append(contentsOf: other.all)
        nameLengths |= other.nameLengths
    }

    /// The value of the first line of that name.
    package subscript(name: String) -> String? {
        nextLine(named: name, from: 0).map { all[$0].value }
    }

    /// The values of all lines of that name, in order.
    package func values(of name: String) -> [String] {
        var (values, start): ([String], Int) = ([], 0)
        while let line = nextLine(named: name, from: start) {
            values.append(all[line].value)
            start = line + 1
        }
        return values
    }

    /// The value when the field is there exactly once; nil when it is absent or repeated.
    package func only(_ name: String) -> String? {
        guard let line = nextLine(named: name, from: 0), nextLine(named: name, from: line + 1) == nil else {
            return nil
        }
        return all[line].value
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
        let lines = all.span
        for index in start..<lines.count where lines[index].name.equalsIgnoringCase(name) { return index }
        return nil
    }

    private static func lengthBit(of name: String) -> UInt64 {
        1 << UInt64(min(name.utf8.count, 63))
    }
}
