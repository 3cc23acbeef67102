/// Why there is no connection.
struct ConnectionFailure: Error {
    let words: String

    init(_ words: String) {
        self.words = words
    }
}
