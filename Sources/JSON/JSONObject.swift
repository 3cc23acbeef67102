import Text

/// The members of a JSON object, in order, each with a different name.
///
/// Searching a list of a dozen members is faster than hashing; the objects of this program are that small.
package struct JSONObject: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// A name and its value.
    package struct Member: Hashable, Sendable {
        /// The name, unescaped.
        package let name: String
        /// The value after the colon.
        package var value: JSON

        /// A member of an object.
        package init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// All members, in the order of the text.
    package private(set) var members: [Member]

    /// An object of these members; the last value of a repeated name counts.
    package init(_ pairs: [(String, JSON)]) {
        self.init()
        for (name, value) in pairs { self[name] = value }
    }

    /// An object in source text; the last value of a repeated name counts.
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self.init(elements)
    }

    /// An object of members that are known to have different names; by default of none.
    package init(distinct members: [Member] = []) {
        self.members = members
    }

    /// The names of the members, in order.
    package var names: [String] {
        members.map(\.name)
    }

    /// Whether there are no members.
    package var isEmpty: Bool {
        members.isEmpty
    }

    /// The value of that member. Setting replaces it in its place or adds it at the end; nil removes it.
    package subscript(name: String) -> JSON? {
        get {
            members.first { $0.name.hasSameBytes(as: name) }?.value
        }
        set {
            let index = members.firstIndex { $0.name.hasSameBytes(as: name) }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name, value))
            case (nil, nil): break
            }
        }
    }

    /// Adds a member before all others, or moves it to the front.
    package mutating func prepend(_ name: String, _ value: JSON) {
        self[name] = nil
        members.insert(Member(name, value), at: 0)
    }
}
