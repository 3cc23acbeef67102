package import HTTP
import Text

/// The rule which web pages may request tokens, by the `Origin` field (Fetch standard).
///
/// The rule stops other people's pages. It is not authentication: any program can send any origin.
package struct OriginPolicy: Hashable, Sendable {
    private let allowed: OriginList
    private let allowsMissing: Bool
    /// Whether browsers may send cookies along and let the page read the answer.
    let allowsCredentials: Bool

    /// - Parameters:
    ///   - allowed: the origins of `ALLOWED_ORIGINS`.
    ///   - allowsMissing: whether a request without `Origin`, as a native app sends it, is admitted.
    ///   - allowsCredentials: whether `Access-Control-Allow-Credentials` is sent to the allowed origins. The settings
    ///     allow it with exact origins only.
    package init(allowing allowed: [OriginPattern], allowsMissing: Bool, allowsCredentials: Bool = false) {
        self.allowed = OriginList(allowed)
        self.allowsMissing = allowsMissing
        self.allowsCredentials = allowsCredentials
    }

    /// Compares the page that a request names with the list: once for each request.
    package func verdict(on fields: Fields) -> OriginVerdict {
        guard let header = fields.only("Origin") else {
            guard fields.count(of: "Origin") == 0 else { return .unreadable }
            // A browser that says "cross-site" sends the request for a page, whatever it left out.
            return .absent(
                isCrossSite: fields.values(of: "Sec-Fetch-Site").contains { $0.equalsIgnoringCase("cross-site") })
        }
        return verdict(on: header)
    }

    /// Compares the page that is named by the only `Origin` field of a request.
    func verdict(on header: String) -> OriginVerdict {
        guard let origin = Origin(header) else { return .unreadable }
        if allowed.contains(origin) { return .allowed(header) }
        return .foreign(header, allowed.containsUnderOtherScheme(origin) ? .scheme : nil)
    }

    /// Admits a request by its origin, before anything else is decided and above all before the upstream is called: a
    /// secret that only the browser withholds from the page is minted and paid for.
    /// - Returns: the origin; nil for a request without one.
    package func admit(_ page: OriginVerdict) throws(Refusal) -> String? {
        switch page {
        case .allowed(let origin): return origin
        case .foreign, .unreadable, .absent(isCrossSite: true): throw .originNotAllowed
        case .absent(isCrossSite: false):
            guard allowsMissing else { throw .originMissing }
            return nil
        }
    }

    /// Admits an admitted origin to a session. A session that names origins narrows the list of allowed origins and
    /// never widens it; a request without an origin has none of those named.
    package func admit(_ origin: String?, toSessionOf origins: OriginList?) throws(Refusal) {
        guard let origins else { return }
        guard let origin = origin.flatMap(Origin.init), origins.contains(origin) else {
            throw .originNotAllowedForSession
        }
    }
}

/// What the list of allowed origins says about the page that sent a request.
package enum OriginVerdict: Hashable, Sendable {
    /// The origin is on the list.
    case allowed(String)
    /// The origin is one that a browser sends, and is not on the list. The flaw is for the usage log only: a foreign
    /// page learns nothing about the list.
    case foreign(String, OriginFlaw?)
    /// There are several `Origin` fields, or one that no browser sends.
    case unreadable
    /// There is no `Origin` field.
    case absent(isCrossSite: Bool)

    /// Whether there is no `Origin` field.
    var isAbsent: Bool {
        if case .absent = self { true } else { false }
    }

    /// The one origin of the request, on the list or not.
    var origin: String? {
        switch self {
        case .allowed(let origin), .foreign(let origin, _): origin
        case .unreadable, .absent: nil
        }
    }
}

/// How a refused origin differs from one on the list.
package enum OriginFlaw: String, Sendable {
    /// The list has it under `http` where the page has `https`, or the other way round: two different origins.
    case scheme
}

/// The verdicts on the origins that were met last, because most requests come from the pages of few. It belongs to one
/// policy; an origin that has the place of another takes it over.
struct KnownOrigins: Sendable {
    /// By the key of the origin.
    private var verdicts: [OriginVerdict?] = Array(repeating: nil, count: places)

    private static let places = 64

    /// What the policy says about the only `Origin` field of a request.
    mutating func verdict(on header: String, by policy: OriginPolicy) -> OriginVerdict {
        let place = KnownOrigins.place(of: header)
        if let known = verdicts[place], let origin = known.origin, origin.hasSameBytes(as: header) { return known }
        let verdict = policy.verdict(on: header)
        // An unreadable one may have any length.
        if verdict.origin != nil { verdicts[place] = verdict }
        return verdict
    }

    private static func place(of header: String) -> Int {
        let bytes = header.utf8.span
        var key: UInt32 = 0
        for index in bytes.indices { key = key &* 31 &+ UInt32(bytes[index]) }
        return Int(key) % places
    }
}
