import FoundationEssentials

/// A file that a setting names, read whole with a limit.
package enum InputFile {
    /// The bytes of the file.
    /// - Parameter limit: the size in bytes beyond which the file is refused.
    package static func contents(of path: String, limit: Int) throws(InvalidValue) -> [UInt8] {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch let error as CocoaError {
            throw InvalidValue(reason(error))
        } catch {
            throw InvalidValue("the file cannot be read")
        }
        guard data.count <= limit else { throw InvalidValue("the file has more than \(limit) bytes") }
        return Array(data)
    }

    /// Whether other users than owner and group may read the file.
    package static func isReadableByOthers(_ path: String) -> Bool {
        let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int
        return (mode ?? 0) & 0o004 != 0
    }

    private static func reason(_ error: CocoaError) -> String {
        switch error.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: "there is no such file"
        case .fileReadNoPermission: "this user may not read the file"
        default: "the file cannot be read"
        }
    }
}
