extension JSON {
    /// Reads a whole text by RFC 8259, strictly: UTF-8 without a byte order mark, no name twice in an object, no half
    /// of a surrogate pair, no more than 64 levels, nothing after the value.
    /// - Parameter values: how many values the text may have in it, those inside of others included.
    package init(parsing bytes: [UInt8], values: Int = .max) throws(JSONError) {
        var reader = try JSONReader(bytes, values: values)
        self = try reader.value()
        try reader.finish()
    }

    /// Reads an object that may be a JavaScript object literal (``JSONDialect/javaScript``), and says what in it is not
    /// JSON.
    package init(parsingLiteral bytes: [UInt8], liberties: inout JSONLiberties) throws(JSONError) {
        var reader = try JSONReader(bytes, dialect: .javaScript)
        try reader.skipAssignment()
        self = try reader.value()
        try reader.skipEnd()
        try reader.finish()
        liberties = reader.liberties
    }
}
