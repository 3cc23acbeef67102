package import HTTP
import Text

/// The rule which web pages may ask, by the `Origin` field (Fetch standard).
///
/// The rule stops other people's pages. It is not authentication: any program can send any origin.
package struct OriginPolicy: Hashable, Sendable {
    private let allowed: OriginList
    /// The same pages under the other scheme.
    private let otherScheme: OriginList
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
        otherScheme = OriginList(allowed.compactMap(\.underOtherScheme))
        self.allowsMissing = allowsMissing
        self.allowsCredentials = allowsCredentials
    }

    /// Admits a request by its origin, before anything else is asked of it and above all before the upstream is: a
    /// secret that only the browser withholds from the page is minted and paid for.
    /// - Returns: the origin; nil for a request without one.
    package func admit(_ request: Request) throws(Refusal) -> String? {
        if let origin = request.fields.only("Origin") {
            guard allowed.contains(origin) else { throw .originNotAllowed }
            return origin
        }
        guard request.fields.count(of: "Origin") == 0 else { throw .originNotAllowed }
        // A browser that says "cross-site" speaks for a page, whatever it left out.
        guard !isCrossSite(request.fields) else { throw .originNotAllowed }
        guard allowsMissing else { throw .originMissing }
        return nil
    }

    /// Admits an admitted origin to a session. A session that names origins narrows the allow-list and never widens
    /// it; a request without an origin is then none of those named.
    package func admit(_ origin: String?, toSessionOf origins: OriginList?) throws(Refusal) {
        guard let origins else { return }
        guard let origin, origins.contains(origin) else { throw .originNotAllowedForSession }
    }

    /// Why the origin of a refused request looks right and is not; nil when there is nothing to say. It is for the usage
    /// log only: the page of a stranger learns nothing of the list.
    func flaw(in request: Request) -> OriginFlaw? {
        guard let origin = request.fields.only("Origin"), otherScheme.contains(origin) else { return nil }
        return .scheme
    }

    /// The one origin of the request, if it is one that a browser sends, on the list or not.
    func asker(of request: Request) -> String? {
        request.fields.only("Origin").flatMap { Origin($0) == nil ? nil : $0 }
    }

    /// The one origin that may read an answer to the request; nil for a stranger.
    func reader(of request: Request) -> String? {
        request.fields.only("Origin").flatMap { allowed.contains($0) ? $0 : nil }
    }

    private func isCrossSite(_ fields: Fields) -> Bool {
        fields.values(of: "Sec-Fetch-Site").contains { $0.equalsIgnoringCase("cross-site") }
    }
}

/// In what an origin that is refused differs from one on the list.
enum OriginFlaw: String, Sendable {
    /// The list has it under `http` where the page has `https`, or the other way round: two different origins.
    case scheme
}

/// A list of allowed origins, made ready so that an exact origin costs one hash and no parsing.
package struct OriginList: Hashable, Sendable {
    private let exact: Set<String>
    /// The entries that admit several origins.
    private let patterns: [OriginPattern]

    /// The order does not matter; an empty list admits nobody.
    package init(_ entries: [OriginPattern]) {
        exact = Set(entries.compactMap(\.exactOrigin))
        patterns = entries.filter { $0.exactOrigin == nil }
    }

    /// Whether the value of an `Origin` field is on the list. Browsers have one spelling for an origin, so an exact
    /// entry is compared as it stands.
    package func contains(_ header: String) -> Bool {
        // Browsers send neither longer ones nor others than ASCII, and hashing what strangers send may take long.
        guard header.utf8.count <= 512, header.utf8.allSatisfy({ $0 < 0x80 }) else { return false }
        if exact.contains(header) { return true }
        guard !patterns.isEmpty, let origin = Origin(header) else { return false }
        return patterns.contains { $0.matches(origin) }
    }
}
