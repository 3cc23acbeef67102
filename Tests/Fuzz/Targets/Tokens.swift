import Cryptography
import EphemeraldCore
import HTTP
import Sessions
import Text

private let secret = Array("0123456789abcdef0123456789ABCDEF".utf8)

private let surroundings = Surroundings(
    monotonicNanoseconds: { 1_000_000_000_000 }, unixMilliseconds: { 1_795_348_800_007 }, sleep: { _ in },
    randomBits: { 0xABC })

/// The credentials of callers: an issuer with one secret, whose tokens must name an audience, and one key.
let callersUnderTest: Authenticator = {
    guard let keys = try? KeySet(file: secret) else { preconditionFailure("a secret of 32 characters") }
    var bearer = BearerKeys()
    precondition(bearer.add("key-holder", digest: HashFunction.sha256.hash(Array("the-right-key".utf8))))
    let rules = TokenRules(issuer: "https://id.example", audience: "voice")
    return Authenticator([.jwt(TokenVerifier(keys: .fixed(keys), rules: rules)), .bearer(bearer)])
}()

private let keyFetching = KeyFetching(
    surroundings: surroundings, send: { _ throws(TransferFailure) in throw .timedOut }, report: { _ in })

/// A token as it is, and then header and claims that we sign: nobody is admitted whose token was not signed, and who is
/// has a name.
func tryToken(_ input: [UInt8]) {
    let raw = String(decoding: input, as: UTF8.self)
    let words = raw.split { $0 == " " || $0 == "\t" }
    precondition(caller(presenting: raw) == nil || words == ["the-right-key"], "nobody else knows a secret")
    let parts = input.parts
    guard parts.count > 1 else { return }
    let signed = Base64URL.text(of: parts[0]) + "." + Base64URL.text(of: parts[1])
    let signature = Base64URL.text(of: HMAC(key: secret).code(for: Array(signed.utf8)))
    guard let admitted = caller(presenting: "\(signed).\(signature)") else { return }
    precondition(!admitted.name.isEmpty, "a caller has a name")
    precondition(!admitted.name.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "the name is one line")
    let forged = signature.last == "A" ? signature.dropLast() + "Q" : signature.dropLast() + "A"
    precondition(caller(presenting: "\(signed).\(forged)") == nil, "another signature is refused")
}

private func caller(presenting text: String) -> Caller? {
    let request = Request(
        method: .post, target: "/api/realtime/token", fields: ["Authorization": "Bearer \(text)"], peer: .unix)
    let step = try? callersUnderTest.identify(request, behind: .none, keyFetching)
    guard case .now(let caller) = step else { return nil }
    return caller
}

/// Keys that a provider serves, and files of keys: a set that is read has a key, and says what was left out in one line
/// each.
func tryKeys(_ input: [UInt8]) {
    for allowsSecrets in [false, true] {
        if let set = try? KeySet(jwks: input, allowsSecrets: allowsSecrets) {
            for remark in set.remarks {
                precondition(!remark.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "a remark is one line")
            }
        }
    }
    if let set = try? KeySet(file: input) {
        precondition(
            !Authenticator([.jwt(TokenVerifier(keys: .fixed(set), rules: TokenRules(issuer: nil, audience: nil)))])
                .tokenKeys.isEmpty)
    }
}
