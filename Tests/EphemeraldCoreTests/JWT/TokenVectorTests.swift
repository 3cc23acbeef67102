import EphemeraldCore
import Testing

/// The examples of the standards. Their claims have no `sub`, so what is right about them ends with that.
@Suite struct `An example token` {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let token: String
        let jwk: String
        /// What is wrong with it while it lasts.
        let flaw: String
    }

    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    static let hmac = Example(
        testDescription: "RFC 7515 A.1, which is RFC 7519 section 3.1",
        token: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(payload).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        jwk: #"""
            {"kty":"oct",
             "k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
            """#, flaw: "subject")

    static let rsa = Example(
        testDescription: "RFC 7515 A.2",
        token: "eyJhbGciOiJSUzI1NiJ9.\(payload)."
            + "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb"
            + "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383"
            + "LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWy"
            + "wlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        jwk: #"{"kty":"RSA","e":"AQAB","n":"\#(modulus)"}"#, flaw: "subject")

    private static let modulus =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ"
        + "S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2"
        + "R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD"
        + "TW9gb54h4FRWyuXpoQ"

    static let ecdsa = Example(
        testDescription: "RFC 7515 A.3",
        token: "eyJhbGciOiJFUzI1NiJ9.\(payload)."
            + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        jwk: #"""
            {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
             "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
            """#, flaw: "subject")

    /// What it signs is a sentence, and no claims.
    static let edDSA = Example(
        testDescription: "RFC 8037 A.4",
        token: "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
            + "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        jwk: #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#, flaw: "claims")

    static let all = [hmac, rsa, ecdsa, edDSA]

    @Test(arguments: all)
    func `has a signature that is right`(example: Example) async {
        let trial = TokenTrial(TestKeys.set([example.jwk]))
        trial.setClock(1_300_819_379)
        #expect(await trial.outcome(example.token) == example.flaw)
    }

    @Test(arguments: all.dropLast())
    func `is over today`(example: Example) async {
        #expect(await TokenTrial(TestKeys.set([example.jwk])).outcome(example.token) == "expired")
    }

    @Test(arguments: all)
    func `is refused with a letter of it changed`(example: Example) async throws {
        let trial = TokenTrial(TestKeys.set([example.jwk]))
        trial.setClock(1_300_819_379)
        let parts = example.token.split(separator: ".").map { Array($0.utf8) }
        for part in [1, 2] {
            for place in stride(from: 0, to: parts[part].count - 2, by: 7) {
                var changed = parts
                changed[part][place] = changed[part][place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                let token = changed.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
                #expect(await trial.outcome(token) == "signature")
            }
        }
    }

    @Test func `without a signature is refused (RFC 7519 section 6.1)`() async {
        let trial = TokenTrial(TestKeys.set([Self.hmac.jwk]))
        trial.setClock(1_300_819_379)
        #expect(await trial.outcome("eyJhbGciOiJub25lIn0.\(Self.payload).") == "algorithm")
    }
}
