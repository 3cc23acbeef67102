internal import CZlib
import Glibc
import JSON
import System

/// The lines of a log file, one after the other, without ever holding more than a piece of the file.
enum LogLines {
    /// What follows the last whole line.
    enum End {
        /// Nothing.
        case whole
        /// A part of a line: its writer was stopped.
        case torn
        /// The rest cannot be read.
        case damaged
    }

    /// A usage line has less than 4 kB. Of a longer one, which is not from this program, only so much is handed on.
    private static let bufferSize = 1 << 18

    /// Hands every whole line to `body`, without its line feed and a carriage return before it. The last one may lack
    /// them, as an editor leaves it, if it is whole otherwise.
    static func read(_ path: String, _ body: (ArraySlice<UInt8>) -> Void) throws(SystemError) -> End {
        var text = try LogText(path)
        return read(&text, body)
    }

    /// The same for standard input, whose lines are handed on as they come. Of a last line without a line feed it is not
    /// known whether it is whole, so it is handed on as well.
    static func readStandardInput(_ body: (ArraySlice<UInt8>) -> Void) throws(SystemError) {
        var text = LogText()
        switch read(&text, acceptsTornLine: true, body) {
        case .whole, .torn: return
        case .damaged: throw SystemError("read", code: errno)
        }
    }

    private static func read(
        _ text: inout LogText, acceptsTornLine: Bool = false, _ body: (ArraySlice<UInt8>) -> Void
    ) -> End {
        var buffer = [UInt8](repeating: 0, count: bufferSize)
        // The bytes of the buffer that are read and not yet handed on.
        var filled = 0
        var isInsideOverlong = false
        while true {
            let count: Int
            do throws(LogDamage) { count = try text.read(into: &buffer, from: filled) } catch { return .damaged }
            guard count > 0 else {
                if isInsideOverlong { return .torn }
                guard filled > 0 else { return .whole }
                guard acceptsTornLine || (try? JSON(parsing: Array(buffer[..<filled]))) != nil else { return .torn }
                body(buffer[..<filled])
                return .whole
            }
            filled += count
            var start = 0
            while let end = lineFeed(in: buffer, start..<filled) {
                if isInsideOverlong { isInsideOverlong = false } else { body(withoutReturn(buffer[start..<end])) }
                start = end + 1
            }
            if start == 0, filled == buffer.count {
                if !isInsideOverlong { body(buffer[...]) }
                (isInsideOverlong, start) = (true, filled)
            }
            if start > 0 {
                buffer.replaceSubrange(0..<filled - start, with: Array(buffer[start..<filled]))
                filled -= start
            }
        }
    }

    private static func withoutReturn(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }

    private static func lineFeed(in buffer: [UInt8], _ range: Range<Int>) -> Int? {
        unsafe buffer.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress,
                let found = unsafe memchr(start + range.lowerBound, 0x0A, range.count)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - start
        }
    }
}

/// A log file that is read from its beginning, plain or compressed by gzip (zlib tells which by the first bytes), or
/// standard input, which is plain.
@safe struct LogText: ~Copyable {
    /// Nil for standard input: zlib would wait until its buffer is full, and the lines of a container may come seldom.
    private let file: gzFile?

    /// zlib's version: `1.2.13`.
    static var zlibVersion: String { unsafe String(cString: CZlib.zlibVersion()) }

    /// Standard input.
    init() { unsafe file = nil }

    /// Opens the file; while it is open it may be renamed or removed. Only a regular file is read: a FIFO may never get
    /// a writer, and a device may have no end.
    init(_ path: String) throws(SystemError) {
        let descriptor = try Descriptor(opening: path, O_RDONLY | O_NONBLOCK)
        guard try FileStatus(of: descriptor.number).kind == .regular else {
            throw SystemError("it is not a regular file", code: EINVAL)
        }
        let number = descriptor.release()
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
        if let file = unsafe file { _ = unsafe czlib_close(file) }
    }

    /// Reads the next piece.
    /// - Returns: the number of bytes that are now in the buffer from `start` on; 0 at the end.
    mutating func read(into buffer: inout [UInt8], from start: Int) throws(LogDamage) -> Int {
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
            guard let file = unsafe file else { return unsafe Glibc.read(STDIN_FILENO, room.baseAddress, room.count) }
            return Int(unsafe czlib_read(file, room.baseAddress, CUnsignedInt(room.count)))
        }
        guard count >= 0 else { throw LogDamage() }
        // A compressed file that is cut off ends like a whole one, except for this.
        if count == 0, let file = unsafe file, unsafe czlib_error(file) != Z_OK { throw LogDamage() }
        return count
    }
}

/// A file cannot be read to its end: its compression is broken or cut off, or its disk is.
struct LogDamage: Error {}

/// A compressed log file that is written.
@safe final class LogOutput {
    /// Nil once it is finished.
    private var file: gzFile?

    /// Writes to an open file.
    init(owning descriptor: consuming Descriptor) throws(SystemError) {
        let number = descriptor.release()
        guard let file = unsafe czlib_create(number) else {
            _ = close(number)
            throw SystemError("gzdopen", code: ENOMEM)
        }
        unsafe self.file = file
    }

    deinit {
        // Nobody wants what is not finished.
        if let file = unsafe file { _ = unsafe czlib_finish(file) }
    }

    /// Appends the bytes, of which there is at least one.
    func write(_ bytes: ArraySlice<UInt8>) throws(SystemError) {
        let count = unsafe bytes.withUnsafeBytes { text in
            unsafe czlib_write(file, text.baseAddress, CUnsignedInt(text.count))
        }
        guard count == bytes.count else { throw SystemError("gzwrite") }
    }

    /// Writes what is left.
    func finish() throws(SystemError) {
        let code = unsafe czlib_finish(file)
        unsafe file = nil
        guard code == Z_OK else { throw SystemError("gzclose") }
    }
}
