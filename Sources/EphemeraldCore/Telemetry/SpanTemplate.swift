import HTTP
import JSON
import Sessions
import Text

/// What is the same in all spans of requests that metrics do not tell apart: nearly all of their text. The ids and the
/// times, which have the same length in every span, are written into a copy of it.
struct SpanTemplate: Sendable {
    /// All that tells templates apart but the error.
    let number: Int
    let error: RefusalKind?
    /// The span and a comma, with zeros for ids and times. The list of attributes is the last member.
    let text: [UInt8]

    /// - Parameter isRoot: whether the trace begins with the span.
    init(_ request: AnsweredRequest, isRoot: Bool) {
        number = SpanTemplate.number(of: request, isRoot: isRoot)
        error = request.error
        let method = request.method == .other ? "HTTP" : request.method.text
        var attributes: [JSON] = [
            OTLP.attribute("http.request.method", request.method.text),
            OTLP.attribute("http.route", request.route.text), OTLP.attribute("url.path", request.route.text),
            OTLP.attribute("url.scheme", "http"),
            OTLP.attribute("http.response.status_code", request.status.rawValue),
        ]
        if let error = request.error { attributes.append(OTLP.attribute("error.type", error.code)) }
        let members: JSONObject = [
            "name": .string("\(method) \(request.route.text)"), "kind": 2,
            "status": .object(request.error == nil ? [:] : ["code": 2]),
            // Bit 0 is "sampled"; bit 8 says that bit 9 is known, which is set for a parent elsewhere.
            "flags": isRoot ? 0x101 : 0x301, "attributes": .array(attributes),
        ]
        let rest = JSON.object(members).serialized().dropFirst().dropLast(2)
        text = SpanTemplate.beginning + rest + SpanTemplate.endOfRoot
    }

    static func number(of request: AnsweredRequest, isRoot: Bool) -> Int { request.number << 1 | (isRoot ? 1 : 0) }

    /// An attribute, after a comma.
    static func attribute(ofSession name: String) -> [UInt8] {
        Array(",".utf8) + OTLP.attribute("ephemerald.session.name", name).serialized()
    }

    /// Completes the copy of a template at the end of a text.
    /// - Parameters:
    ///   - start: where the copy begins.
    ///   - unixMilliseconds: when the request was answered.
    ///   - duration: how long it took, in nanoseconds.
    static func complete(
        _ all: inout [UInt8], from start: Int, _ trace: TraceParent, _ context: RequestContext,
        unixMilliseconds: UInt64, duration: UInt64
    ) {
        let end = unixMilliseconds * 1_000_000
        var span = all.mutableSpan
        span.write(hexadecimalOf: trace.traceID, at: start + SpanTemplate.places.trace)
        span.write(hexadecimalOf: trace.spanID, at: start + SpanTemplate.places.span)
        span.write(digits: 19, of: end - min(end, duration), at: start + SpanTemplate.places.start)
        span.write(digits: 13, of: unixMilliseconds, at: start + SpanTemplate.places.end)

        // Attributes and a member that most spans do not have follow the list of the others.
        if trace.hasRequestID, context.session == nil { return }
        all.removeLast(SpanTemplate.endOfRoot.count)
        if !trace.hasRequestID {
            all += SpanTemplate.requestID
            all += context.id.description.utf8
            all += SpanTemplate.endOfAttribute
        }
        if let session = context.session {
            all += session.spanAttribute
        }
        if let parent = trace.parentID {
            all += SpanTemplate.parent
            all.append(hexadecimalOf: parent)
            all += SpanTemplate.endOfChild
        } else {
            all += SpanTemplate.endOfRoot
        }
    }

    // Times and 64-bit integers are strings, and ids are hexadecimal digits (OTLP specification, JSON).
    private static let beginning: [UInt8] = {
        let (trace, span, time) = (UInt128.zero.hexadecimal, UInt64.zero.hexadecimal, String(repeating: "0", count: 19))
        let ids = #"{"traceId":"\#(trace)","spanId":"\#(span)","#
        return Array((ids + #""startTimeUnixNano":"\#(time)","endTimeUnixNano":"\#(time)","#).utf8)
    }()
    private static let requestID = Array(#",{"key":"ephemerald.request.id","value":{"stringValue":""#.utf8)
    private static let endOfAttribute = Array(#""}}"#.utf8)
    private static let endOfRoot = Array("]},".utf8)
    private static let parent = Array(#"],"parentSpanId":""#.utf8)
    private static let endOfChild = Array(#""},"#.utf8)
    /// Where the zeros of the beginning are.
    private static let places = (trace: 12, span: 56, start: 95, end: 135)
}
