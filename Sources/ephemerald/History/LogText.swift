internal import CZlib
import EventLoop
import Glibc

/// A log file that is read from its beginning, plain or compressed by gzip; zlib tells which by the first bytes.
@safe struct LogText: ~Copyable {
    private let file: gzFile

    /// What zlib calls itself: `1.2.13`.
    static var zlibVersion: String { unsafe String(cString: CZlib.zlibVersion()) }

    /// Opens the file; with nothing but its descriptor open, it may be renamed or removed. Nothing but a regular file
    /// is read: a FIFO may never get a writer, and a device may have no end.
    init(_ path: String) throws(SystemError) {
        let number = unsafe try check("open", open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK))
        var status = stat()
        guard unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            _ = close(number)
            throw SystemError("it is no regular file", code: EINVAL)
        }
        guard let file = unsafe czlib_open(number) else {
            _ = close(number)
            throw SystemError("gzdopen", code: ENOMEM)
        }
        unsafe self.file = file
        let code = unsafe czlib_buffer(file, 1 << 17)
        precondition(code == 0, "gzbuffer refuses nothing before the first read")
    }

    deinit {
        // Nothing was written, so there is nothing to lose.
        _ = unsafe czlib_close(file)
    }

    /// Reads on.
    /// - Returns: the number of bytes that stand in the buffer now from `start` on; 0 at the end.
    mutating func read(into buffer: inout [UInt8], from start: Int) throws(LogDamage) -> Int {
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
            return unsafe czlib_read(file, room.baseAddress, CUnsignedInt(room.count))
        }
        guard count >= 0 else { throw LogDamage() }
        // A compressed file that is cut off ends like a whole one, and only this says so.
        if count == 0, unsafe czlib_error(file) != Z_OK { throw LogDamage() }
        return Int(count)
    }
}

/// A file cannot be read to its end: its compression is broken or cut off, or its disk is.
struct LogDamage: Error {}
