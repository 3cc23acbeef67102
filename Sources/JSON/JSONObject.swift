import Text

/// The members of a JSON object, in order, no name twice.
///
/// A list of a dozen members is searched faster than it is hashed; the objects of this program are that small.
package struct JSONObject: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// A name and its value.
    package struct Member: Hashable, Sendable {
        /// The name, unescaped.
        package let name: String
        /// What stands behind the colon.
        package var value: JSON

        /// A member of an object.
        package init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// All members, in the order in which they are written.
    package private(set) var members: [Member]

    /// An object without members.
    package init() {
        members = []
    }

    /// An object of these members; of a name that is given twice the last value counts.
    package init(_ pairs: [(String, JSON)]) {
        self.init()
        for (name, value) in pairs { self[name] = value }
    }

    /// An object in source text; of a name that is given twice the last value counts.
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self.init(elements)
    }

    /// Members whose names are known to differ.
    package init(distinct members: [Member]) {
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

    /// The value of that member. Setting replaces it where it stands or adds it at the end; nil removes it.
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

    /// Adds a member before all others, or moves it there.
    package mutating func prepend(_ name: String, _ value: JSON) {
        self[name] = nil
        members.insert(Member(name, value), at: 0)
    }
}
