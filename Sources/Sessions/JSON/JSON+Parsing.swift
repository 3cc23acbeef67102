extension JSON {
    /// Reads a whole text by RFC 8259, strictly: UTF-8 without a byte order mark, no name twice in an object, no half
    /// of a surrogate pair, no more than 64 levels, nothing behind the value.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        var reader = try JSONReader(bytes)
        self = try reader.value()
        try reader.finish()
    }

    /// Reads an object that may be a JavaScript object literal (``JSONDialect/javaScript``), and says whether comments
    /// were lost on the way.
    init(parsingLiteral bytes: [UInt8], hasComments: inout Bool) throws(JSONError) {
        var reader = try JSONReader(bytes, dialect: .javaScript)
        try reader.skipAssignment()
        self = try reader.value()
        try reader.skipSemicolon()
        try reader.finish()
        hasComments = reader.hasComments
    }
}
