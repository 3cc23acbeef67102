package import EphemeraldCore

/// Where the salt of safety identifiers comes from.
package enum SafetySalt: Hashable, Sendable {
    /// The file of `SAFETY_SALT_FILE`, which is there.
    case kept(SafetyIdentifier)
    /// A file that the first start makes, and later ones read.
    case made(path: String)
    /// None is kept: the identifiers change with every restart.
    case ofThisProcess

    /// Reads a salt that is kept.
    package static func read(_ path: String) throws(InvalidValue) -> SafetyIdentifier {
        let salt = try InputFile.contents(of: path, limit: 4096)
        guard salt.count >= 16 else {
            throw InvalidValue("the file has \(salt.count) bytes; 16 are needed, such as head -c 32 /dev/urandom gives")
        }
        return SafetyIdentifier(salt: salt)
    }
}
