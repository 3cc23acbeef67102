import EventLoop
import Glibc

/// The lines of a log file, one after the other, without ever holding more than a piece of the file.
enum LogLines {
    /// What came behind the last whole line.
    enum End {
        /// Nothing.
        case whole
        /// A line without its line feed: whoever wrote it was stopped.
        case torn
        /// The rest cannot be read.
        case damaged
    }

    /// A usage line has less than 4 kB. Of a longer one, which is not ours, only so much is handed on.
    private static let bufferSize = 1 << 18

    /// Hands every whole line to `body`, without its line feed.
    static func read(_ path: String, _ body: (ArraySlice<UInt8>) -> Void) throws(SystemError) -> End {
        var text = try LogText(path)
        var buffer = [UInt8](repeating: 0, count: bufferSize)
        // Of the buffer, what is read and not yet handed on.
        var filled = 0
        var isInsideOverlong = false
        while true {
            let count: Int
            do throws(LogDamage) { count = try text.read(into: &buffer, from: filled) } catch { return .damaged }
            guard count > 0 else { return filled > 0 || isInsideOverlong ? .torn : .whole }
            filled += count
            var start = 0
            while let end = lineFeed(in: buffer, start..<filled) {
                if isInsideOverlong { isInsideOverlong = false } else { body(buffer[start..<end]) }
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

    private static func lineFeed(in buffer: [UInt8], _ range: Range<Int>) -> Int? {
        unsafe buffer.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress,
                let found = unsafe memchr(start + range.lowerBound, 0x0A, range.count)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - start
        }
    }
}
