package import HTTP

/// The rule who may call: anybody, or whoever proves in one of several ways who he is. Who proves nothing is refused.
package struct Authenticator: Hashable, Sendable {
    /// A way in which callers prove who they are.
    package enum Mode: Hashable, Sendable {
        /// `Authorization: Bearer KEY` (RFC 6750 section 2.1).
        case bearer(BearerKeys)
        /// A field in which a trusted proxy names the user that it has let in.
        case proxy(field: String)
    }

    /// In the order in which they are tried; nil for anybody.
    private let modes: [Mode]?

    /// Nobody is asked who he is: `AUTH=none`.
    package static let anybody = Authenticator(asking: nil)

    /// - Parameter modes: in the order in which they are tried. Without any, everybody is refused.
    package init(_ modes: [Mode]) {
        self.init(asking: modes)
    }

    private init(asking modes: [Mode]?) {
        self.modes = modes
    }

    /// Says who is calling; nil when anybody may. The first way for which the request carries anything decides: a wrong
    /// key is not made good by a proxy's word. A refusal does not say what is wrong with what was shown.
    package func identify(_ request: Request, behind proxies: TrustedProxies) throws(Refusal) -> Caller? {
        guard let modes else { return nil }
        for mode in modes {
            switch mode {
            case .bearer(let keys):
                if request.fields.count(of: "Authorization") > 0 { return try bearer(request.fields, keys) }
            case .proxy(let field):
                guard proxies.contains(request.peer) else { continue }
                if let name = request.fields.only(field), Authenticator.isUser(name) { return Caller(name: name) }
            }
        }
        throw .authenticationRequired
    }

    private func bearer(_ fields: Fields, _ keys: BearerKeys) throws(Refusal) -> Caller {
        // Of two fields another reader might have believed the other one.
        guard let value = fields.only("Authorization") else { throw .authenticationFailed }
        let parts = value.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
        // Another scheme is nothing that we could judge (RFC 6750 section 3.1: no error code then).
        guard let scheme = parts.first, String(Substring(scheme)).equalsIgnoringCase("Bearer") else {
            throw .authenticationRequired
        }
        guard parts.count == 2, let caller = keys.caller(showing: parts[1].trimmingOptionalWhitespace) else {
            throw .authenticationFailed
        }
        return caller
    }

    /// 1 to 256 visible ASCII characters: no list, no folding, nothing that a log could be misled by.
    private static func isUser(_ text: String) -> Bool {
        (1...256).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
