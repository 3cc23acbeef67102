import Glibc
import System

/// A directory that is removed with this object, and the files in it.
package final class TemporaryDirectory {
    /// Without a slash at the end.
    package let path: String

    /// Makes it, below `/tmp`.
    package init() throws {
        var template = Array("/tmp/ephemerald-XXXXXX".utf8CString)
        path = try unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let template = buffer.baseAddress, let name = unsafe mkdtemp(template) else {
                throw SystemError("mkdtemp")
            }
            return unsafe String(cString: name)
        }
    }

    /// A file that only this user can read.
    package func write(_ text: String, to name: String) throws {
        let kind = O_WRONLY | O_CREAT | O_CLOEXEC
        let file = Descriptor(owning: try check("open", unsafe open("\(path)/\(name)", kind, 0o600)))
        _ = try check("write", unsafe Glibc.write(file.number, text, text.utf8.count))
    }

    deinit {
        guard let directory = unsafe opendir(path) else { return }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            unsafe unlink("\(path)/\(name)")
        }
        unsafe closedir(directory)
        unsafe rmdir(path)
    }
}
