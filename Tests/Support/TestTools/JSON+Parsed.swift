package import JSON

extension JSON {
    /// The value of a text that the test knows to be JSON.
    package static func parsed(_ text: String) -> JSON {
        do {
            return try JSON(parsing: Array(text.utf8))
        } catch {
            fatalError("\(error) in \(text)")
        }
    }
}
