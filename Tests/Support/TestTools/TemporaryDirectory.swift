import FoundationEssentials
import Glibc
import System

/// A directory below `/tmp` that is removed, with everything in it, when this object goes.
package final class TemporaryDirectory: Sendable {
    /// Absolute, without a slash at the end, and short enough for the path of a unix socket.
    package let path: String

    /// Makes the directory, with one file for each name.
    /// - Parameter files: the text of each file.
    package init(_ files: [String: String] = [:]) throws {
        var template = Array("/tmp/ephemerald-XXXXXX".utf8CString)
        path = try unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let template = buffer.baseAddress, let name = unsafe mkdtemp(template) else {
                throw SystemError("mkdtemp")
            }
            return unsafe String(cString: name)
        }
        for (name, text) in files { try file(name, text) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file.
    /// - Returns: its path.
    @discardableResult
    package func file(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }
}
