/// The entries of a comma list, without the spaces around them.
struct ListEntries: Sequence {
    private let entries: [String]

    init(of text: String) {
        entries = text.split(separator: ",", omittingEmptySubsequences: false).map { entry in
            var entry = entry
            while entry.first?.isWhitespace == true { entry.removeFirst() }
            while entry.last?.isWhitespace == true { entry.removeLast() }
            return String(entry)
        }
    }

    func makeIterator() -> Array<String>.Iterator { entries.makeIterator() }
}
