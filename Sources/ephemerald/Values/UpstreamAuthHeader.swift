/// The header field that carries the API key.
package enum UpstreamAuthHeader: String, CaseIterable, Sendable {
    /// `Authorization: Bearer KEY`.
    case authorization = "Authorization"
    /// `api-key: KEY`, as Azure OpenAI wants it.
    case apiKey = "api-key"
}
