import HTTP
import JSON
import Sessions

/// The body of a minted answer.
enum TokenAnswer {
    /// `client_secret` is for browser code written for the beta interface, which read the secret there.
    ///
    /// The upstream's echo of the session holds instructions and tools, with their secrets: it is passed on only for a
    /// session whose file says `"answer": "full"`.
    static func body(_ secret: ClientSecret, for session: Session, upstream: Upstream) -> [UInt8] {
        let value = JSON.string(secret.value.reveal())
        let expiresAt = JSON.number(JSONNumber(secret.expiresAt))
        var effective = secret.session?.objectValue ?? JSONObject()
        effective["id"] = secret.sessionID.map(JSON.string)
        effective["name"] = .string(session.name)
        effective["type"] = .string(session.kind.rawValue)
        effective["model"] = (secret.model ?? session.model).map(JSON.string)
        let answer: JSONObject = [
            "value": value,
            "expires_at": expiresAt,
            "client_secret": ["value": value, "expires_at": expiresAt],
            "session": .object(effective),
            "calls_url": .string(upstream.callsURL ?? "\(upstream.baseURL)/\(session.kind.callsPath)"),
        ]
        return JSON.object(answer).serialized()
    }
}
