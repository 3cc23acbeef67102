internal import CLinux

extension ArraySlice<UInt8> {
    /// Whether those bytes stand anywhere in these.
    func holds(_ bytes: [UInt8]) -> Bool {
        unsafe withUnsafeBytes { text in
            unsafe clinux_holds(text.baseAddress, text.count, bytes, bytes.count) != 0
        }
    }
}
