/// A message of the peer's on its way in. What is dropped is never stored: only its beginning is looked at.
struct PartialMessage {
    private enum Fate {
        case undecided, kept, dropped
    }

    private let limits: WebSocketLimits
    private var fate = Fate.undecided
    private var bytes: [UInt8] = []
    /// The length of all frames of the message that have begun.
    private var announced: UInt64 = 0

    init(_ limits: WebSocketLimits) {
        self.limits = limits
    }

    /// Another frame of the message begins.
    /// - Returns: false when the message is too long.
    mutating func announce(_ count: UInt64) -> Bool {
        // wslay refuses a length above 2^63, so this cannot overflow.
        announced += count
        guard announced <= UInt64(limits.maxMessageBytes) else {
            // wslay still gives us what it has read of it.
            fate = .dropped
            return false
        }
        return true
    }

    mutating func append(_ part: UnsafeRawBufferPointer) {
        guard fate != .dropped else { return }
        unsafe bytes.append(contentsOf: part)
        if fate == .undecided, bytes.count >= WebSocketLimits.beginningBytes { decide() }
    }

    /// The message is complete.
    /// - Returns: nil when it is dropped.
    mutating func end() -> [UInt8]? {
        if fate == .undecided { decide() }
        defer {
            bytes = []
            announced = 0
            fate = .undecided
        }
        return fate == .kept ? bytes : nil
    }

    private mutating func decide() {
        let isDropped = limits.drops(bytes.prefix(WebSocketLimits.beginningBytes))
        fate = isDropped ? .dropped : .kept
        if isDropped { bytes = [] }
    }
}

/// How much of what the peer sends is accepted.
package struct WebSocketLimits: Sendable {
    /// How much of a message `drops` sees, in bytes.
    package static let beginningBytes = 256

    /// The longest message, in bytes, in one frame or several; a longer one ends the connection with code 1009.
    /// Default 64 KiB.
    package var maxMessageBytes = 65_536
    /// How much work each frame is, in bytes that are counted besides its own: the smallest has two.
    static let bytesPerFrame = 64

    /// How many bytes may arrive in all after the connection is open, frame heads and 64 more for each frame included;
    /// then the connection ends with code 1008. Default 4 MiB.
    package var maxTotalBytes = 4_194_304
    /// How long the connection to the server and its answer may take together. Default 10 s.
    package var openTimeout: Duration = .seconds(10)
    /// How long the connection may be open; then it ends with code 1000. Default 60 s.
    package var timeout: Duration = .seconds(60)
    /// Whether a message is dropped while it arrives, by its first ``beginningBytes`` bytes or, if it is shorter, the
    /// whole of it. Default: none is.
    package var drops: @Sendable (ArraySlice<UInt8>) -> Bool = { _ in false }

    /// The default of each member.
    package init() {}
}

/// A text or binary message.
package struct WebSocketMessage: Hashable, Sendable {
    /// The bytes, UTF-8 if it is text.
    package let bytes: [UInt8]
    /// Whether the message is text.
    package let isText: Bool

    /// - Parameter isText: the bytes are UTF-8 then.
    package init(_ bytes: [UInt8], isText: Bool) {
        self.bytes = bytes
        self.isText = isText
    }

    /// A text message.
    package init(_ text: String) {
        self.init(Array(text.utf8), isText: true)
    }
}
