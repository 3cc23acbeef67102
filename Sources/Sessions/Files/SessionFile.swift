package import JSON

/// The text of a session file, read and brought into the GA shape.
package struct SessionFile: Sendable {
    /// OpenAI's request body, with our members beside it.
    let root: JSON
    /// Warnings for what was changed; none if the text is already JSON in GA shape.
    let notes: [Finding]

    /// Reads JSON, or a JavaScript object literal.
    init(_ bytes: [UInt8], file: String) throws(JSONError) {
        var notes: [Finding] = []
        let text: JSON
        do throws(JSONError) {
            text = try JSON(parsing: bytes)
        } catch {
            var extensions: Set<JSONExtension> = []
            text = try JSON(parsingLiteral: bytes, extensions: &extensions)
            notes.append(Finding(.warning, file: file, SessionFile.explanation(of: extensions), at: error))
        }
        var pasted = PastedForms()
        let request = pasted.unwrap(text)
        var upgrade = LegacyUpgrade(spellings: pasted.spellings)
        root = pasted.finish(upgrade.upgrade(request))
        notes += (pasted.notes + upgrade.notes).map { Finding(.warning, file: file, path: $0.path, $0.message) }
        self.notes = notes
    }

    private static func explanation(of extensions: Set<JSONExtension>) -> String {
        let lost = extensions.contains(.comments) ? " (without the comments)" : ""
        let what =
            switch extensions {
            case [.trailingCommas]: "a comma before a closing bracket is not JSON"
            case [.comments]: "comments are not JSON"
            case [.comments, .trailingCommas]: "comments and a comma before a closing bracket are not JSON"
            default: "the file is a JavaScript object literal, not JSON"
            }
        return "\(what); ephemerald check --fix writes JSON\(lost)"
    }

    /// The file's contents for `ephemerald check --fix`: pretty-printed JSON in GA shape, with all members in their order;
    /// nil when there is nothing to change. Other errors stay in the file.
    package static func upgraded(_ bytes: [UInt8]) throws(JSONError) -> [UInt8]? {
        let file = try SessionFile(bytes, file: "")
        return file.notes.isEmpty ? nil : file.root.prettyPrinted()
    }
}
