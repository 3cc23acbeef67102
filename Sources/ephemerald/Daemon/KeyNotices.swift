package import EphemeraldCore

/// Decides which refusals of the API keys are logged for the operator: the first, and then one of each kind in ten
/// minutes.
package struct KeyNotices: Sendable {
    /// How long one kind of refusal is not reported again.
    package static let window = Duration.seconds(600)

    private struct Kind {
        var until: UInt64
        var unlogged = 0
    }

    private var kinds: [String: Kind] = [:]

    /// Nothing has been reported.
    package init() {}

    /// The message for the operator, which never has a key in it; nil for what is not reported.
    /// - Parameter now: nanoseconds on a monotonic clock.
    package mutating func notice(_ refusal: Refusal, now: UInt64) -> String? {
        let advice: String
        switch refusal {
        case .upstreamAuth:
            advice =
                "OpenAI does not accept the API key: write a valid one to OPENAI_API_KEY or OPENAI_API_KEY_FILE, and "
                + "check what its project may do"
        case .upstreamQuota:
            advice = "the OpenAI account of the API key is used up: add credit, or add a key of another account"
        default: return nil
        }
        if let kind = kinds[refusal.code], now < kind.until {
            kinds[refusal.code]?.unlogged += 1
            return nil
        }
        let unlogged = kinds[refusal.code]?.unlogged ?? 0
        kinds[refusal.code] = Kind(until: now + UInt64(KeyNotices.window.components.seconds) * 1_000_000_000)
        let more = unlogged == 0 ? "" : ", and \(unlogged) more requests failed since the last such line"
        return "\(refusal.code): \(advice); the usage log has what OpenAI answered\(more)"
    }
}
