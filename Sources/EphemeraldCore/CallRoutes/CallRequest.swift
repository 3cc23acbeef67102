import HTTP
import JSON
import Sessions
import Text

/// The parameters of a request to create a call: the offer, a session, and what to change in it.
struct CallRequest {
    /// In which form the request comes, and the answer goes.
    enum Form: Hashable {
        /// The body is the offer, and the query has the rest.
        case sdp
        /// `{"sdp": …, "session": …, "overrides": {…}, "variables": {…}, "dcid": …}`
        case json
    }

    /// The types of body, for the field `Accept-Post`.
    static let acceptedTypes = "application/sdp, application/json"

    let form: Form
    let offer: Offer
    let wanted: TokenRequest
    /// The stream of a data channel that the page negotiated before the offer.
    let dataChannelID: Int?

    /// Reads `Content-Type`, the query and the body.
    init(_ request: Request) throws(Refusal) {
        guard let form = Form(of: request) else { throw .unsupportedMediaType }
        self.form = form
        switch form {
        case .sdp:
            offer = try Offer(orRefusal: request.body)
            wanted = try TokenRequest(inQueryOf: request)
            dataChannelID = try CallRequest.dataChannelID(inQueryOf: request)
        case .json:
            let body = try TokenRequest.object(in: request.body)
            wanted = try TokenRequest(body, inQueryOf: request, besides: ["sdp", "dcid"])
            guard let sdp = body["sdp"]?.stringValue else {
                throw .invalidRequest(path: "sdp", "must be a string, the SDP offer")
            }
            offer = try Offer(orRefusal: Array(sdp.utf8))
            dataChannelID = try CallRequest.dataChannelID(in: body)
        }
    }

    private static func dataChannelID(in body: JSONObject) throws(Refusal) -> Int? {
        guard let value = body["dcid"] else { return nil }
        // `3.0` is an integer in JSON Schema.
        return try checked(value.numberValue.flatMap { $0.integer ?? Int(exactly: $0.double) })
    }

    private static func dataChannelID(inQueryOf request: Request) throws(Refusal) -> Int? {
        guard let text = try TokenRequest.parameter("dcid", inQueryOf: request) else { return nil }
        return try checked(text.utf8.allSatisfy(\.isDigit) ? Int(text) : nil)
    }

    private static func checked(_ id: Int?) throws(Refusal) -> Int {
        let range = CallBody.dataChannelIDs
        guard let id, range.contains(id) else {
            throw .invalidRequest(path: "dcid", "must be an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return id
    }
}

extension CallRequest.Form {
    /// Nil for another type, several, or none.
    fileprivate init?(of request: Request) {
        guard let type = request.fields.only("Content-Type")?.prefix(while: { $0 != ";" }) else { return nil }
        let name = type.utf8.trimmingOptionalWhitespace.map(\.asciiLowercased)
        if name.elementsEqual("application/sdp".utf8) {
            self = .sdp
        } else if name.elementsEqual("application/json".utf8) {
            self = .json
        } else {
            return nil
        }
    }
}

extension Offer {
    fileprivate init(orRefusal bytes: [UInt8]) throws(Refusal) {
        do throws(InvalidOffer) { try self.init(bytes) } catch { throw .invalidOffer(error) }
    }
}
