package import EphemeraldCore
import Glibc
import Settings
import System
package import Text

/// The salt file that the first start creates: 32 random bytes that only this user may read.
package enum SafetySaltFile {
    /// Creates the file, or reads it if it is there. Of two processes that start at once, one creates it and the other
    /// reads it. It appears whole: a part of a salt would stop every later start.
    /// - Parameters:
    ///   - link: link(2), as 0 or an error number.
    ///   - write: write(2).
    package static func open(
        _ path: String, link: (String, String) -> CInt = FileDraft.link,
        write: (CInt, ArraySlice<UInt8>) -> Int = FileDraft.write
    ) throws(Invalid) -> SafetyIdentifier {
        if unsafe access(path, F_OK) == 0 { return try SafetySalt.read(path) }
        let salt = SafetyIdentifier.randomSalt()
        let isCreated: Bool
        do throws(SystemError) {
            let draft = try FileDraft(of: path)
            try draft.write(salt, by: write)
            isCreated = try draft.create(link: link)
        } catch {
            throw Invalid("the file cannot be created: \(error.reason)")
        }
        return isCreated ? SafetyIdentifier(salt: salt) : try SafetySalt.read(path)
    }
}
