import HTTP
import JSON
import Text

/// Instructions with places for variables: `You help {{customer}}.`
///
/// The text is split once, when the file is read. Values are not searched for places, so a value that contains
/// `{{other}}` stays that text.
struct InstructionTemplate: Sendable {
    private enum Piece: Sendable {
        case text(String)
        case variable(String)
    }

    private var pieces: [Piece] = []
    /// Names in places that have spaces inside, as in `{{ name }}`.
    private(set) var misspelled: [String] = []

    /// The names of the places, in order, with repetitions.
    var variables: [String] {
        pieces.compactMap { if case .variable(let name) = $0 { name } else { nil } }
    }

    init(_ instructions: String) {
        var rest = instructions[...]
        var text = ""
        while let open = rest.firstRange(of: "{{") {
            text += rest[..<open.lowerBound]
            let inner = rest[open.upperBound...]
            // A name is short, so its end must be near.
            let close = inner.prefix(100).firstRange(of: "}}")
            let name = close.map { String(inner[..<$0.lowerBound]) } ?? ""
            let trimmed = name.filter { $0 != " " }
            if let close, InstructionTemplate.isName(name) {
                pieces += [.text(text), .variable(name)]
                text = ""
                rest = inner[close.upperBound...]
            } else {
                if InstructionTemplate.isName(trimmed) { misspelled.append(name) }
                // In `{{{name}}}` the place begins at the second brace.
                text.append("{")
                rest = rest[open.lowerBound...].dropFirst()
            }
        }
        pieces.append(.text(text + rest))
    }

    /// A letter or `_`, then letters, digits and `_`, all ASCII, 64 at most.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first.startsIdentifier, text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { ($0.startsIdentifier || $0.isDigit) && $0 != UInt8(ascii: "$") }
    }

    /// The instructions with a value in each place.
    func filled(with values: [String: String]) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .variable(let name): text += values[name] ?? ""
            }
        }
        return text
    }
}
