/// A bundle of certificate authorities in PEM. libcurl reads it by its path; a reload compares what is in it.
package struct CertificateFile: Hashable, Sendable {
    /// Where it is.
    package let path: String
    /// A number for the bytes of the file, within one process.
    private let fingerprint: Int

    /// Reads the file, at most 16 MiB.
    package init(_ path: String) throws(InvalidValue) {
        let bytes = try InputFile.contents(of: path, limit: 16 << 20)
        guard String(decoding: bytes, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") else {
            throw InvalidValue("the file has no certificate in PEM; write the path of a CA bundle")
        }
        self.path = path
        fingerprint = bytes.hashValue
    }
}
