import JSON
import Text

/// The events of a Live session's sideband that matter to a call that is being ended.
package enum SidebandEvent {
    /// The client event that ends the session. It drains: media may last seconds more.
    package static let close: [UInt8] = Array(#"{"type":"session.close"}"#.utf8)

    /// Whether an event carries audio, by the beginning of its text. A sideband carries both streams, some 64 KB a second
    /// each, and no request can turn them off.
    package static func isAudio(_ beginning: ArraySlice<UInt8>) -> Bool {
        guard let type = type(in: beginning) else { return false }
        return type.elementsEqual("session.output_audio.delta".utf8)
            || type.elementsEqual("session.input_audio.append".utf8)
    }

    /// The value of the member `type` of a JSON object that may be cut off; nil when the text does not reach it. The same
    /// text deeper in the object, such as in the lists of a session, is another member.
    private static func type(in text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var depth = 0
        var lastString: ArraySlice<UInt8>?
        var name: ArraySlice<UInt8>?
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ":") where depth == 1: name = lastString
            case UInt8(ascii: ",") where depth == 1: name = nil
            case UInt8(ascii: "\""):
                guard let string = endOfString(in: &rest) else { return nil }
                guard depth == 1 else { continue }
                if let name, name.elementsEqual("type".utf8) { return string }
                lastString = string
            default: break
            }
        }
        return nil
    }

    /// The rest of a string up to its closing quotation mark, which is taken as well; nil when it is cut off.
    private static func endOfString(in rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var isEscaped = false
        for place in rest.indices {
            if isEscaped {
                isEscaped = false
            } else if rest[place] == UInt8(ascii: "\\") {
                isEscaped = true
            } else if rest[place] == UInt8(ascii: "\"") {
                defer { rest = rest[(place + 1)...] }
                return rest[..<place]
            }
        }
        return nil
    }
}

/// The event `session.closed`: the session is over. Either side may have closed it.
package struct SessionClosed: Hashable, Sendable {
    /// How long the session lasted as OpenAI bills it, in whole seconds, rounded up; nil when the event does not say.
    package let seconds: Int?

    /// The most seconds that are believed, a day.
    private static let longest = 86_400.0

    /// Reads a message of the sideband; nil for any other event and for what is not JSON.
    package init?(_ message: [UInt8]) {
        guard let event = try? JSON(parsing: message, only: ["type", "usage.seconds"]),
            event["type"]?.stringValue == "session.closed"
        else { return nil }
        let reported = event["usage"]?["seconds"]?.numberValue?.double.rounded(.up)
        seconds = reported.flatMap { (0...SessionClosed.longest).contains($0) ? Int($0) : nil }
    }
}
