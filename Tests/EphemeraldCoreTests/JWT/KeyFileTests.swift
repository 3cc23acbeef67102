import EphemeraldCore
import JSON
import TestSigning
import Testing
import Text

@Suite struct `A file of token keys` {
    private func reading(_ contents: [UInt8]) -> Result<KeySet, Invalid> {
        do throws(Invalid) { return .success(try KeySet(file: contents)) } catch { return .failure(error) }
    }

    private func reading(_ text: String) -> Result<KeySet, Invalid> { reading(Array(text.utf8)) }

    @Test(arguments: [
        ("RS256", TestKeys.rsa.publicPEM), ("ES256", TestKeys.p256.publicPEM),
        ("EdDSA", TestKeys.ed25519.publicPEM), ("HS256", String(decoding: TestKeys.secret, as: UTF8.self)),
        ("HS256", String(decoding: TestKeys.secret, as: UTF8.self) + "\r\n"),
        ("EdDSA", " \n" + String(decoding: TestKeys.jwks([TestKeys.jwk("EdDSA")]), as: UTF8.self)),
        ("EdDSA", TestKeys.jwk("EdDSA")), ("ES256", "a comment\n\(TestKeys.p256.publicPEM)\n"),
    ])
    func `may be a JWKS, PEM, or a plain secret`(algorithm: String, text: String) async throws {
        let set = try reading(text).get()
        #expect(set.algorithms == algorithm)
        #expect(await TokenTrial(set).outcome(TestKeys.token(TestKeys.claims(), algorithm)) == "ann")
    }

    @Test func `says what it has, and of a secret how long it is`() throws {
        #expect(try reading(TestKeys.secret).get().summary == ["HS256 secret of 32 bytes"])
        let several = [TestKeys.jwk("HS256"), TestKeys.jwk("RS256"), TestKeys.jwk("RS256", id: "next")]
        #expect(try reading(TestKeys.jwks(several)).get().summary == ["HS256 secret of 32 bytes", "RS256"])
    }

    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBgDCCASegAwIBAgIUAxkM6ID8dwLJozmeoF55ai+f+PYwCgYIKoZIzj0EAwIw
        FTETMBEGA1UEAwwKaWQuZXhhbXBsZTAgFw0yNjExMjIxOTM3MjJaGA8yMTI2MTAy
        OTE5MzcyMlowFTETMBEGA1UEAwwKaWQuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqG
        SM49AwEHA0IABHBDsQVFz3zX7rgeUjTaGFbD3xfe2iQH6ZR80W8toCrtgkfl60kW
        87b8Qh2ZitWT3RZiNHujkaem+5CmnaP3+jejUzBRMB0GA1UdDgQWBBQUXFXVQBP+
        zYK6P03Kvx+Njnki/TAfBgNVHSMEGDAWgBQUXFXVQBP+zYK6P03Kvx+Njnki/TAP
        BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIA9wKM3SaKvwBQ4FBjz0
        1c3dQeE+wKP7iLs7nTkNIj29AiBi12mHpAFzhWiIxLeljatfrPsjr6jFrJqiuRF9
        QloY1Q==
        -----END CERTIFICATE-----
        """

    @Test func `may be a certificate, of which the key counts`() throws {
        #expect(try reading(Self.certificate).get().algorithms == "ES256")
        #expect(failure("\(Self.certificate)\n\(Self.certificate)").contains("2 parts"))
        let cut = Self.certificate.split(separator: "\n").enumerated().filter { $0.offset != 2 }.map(\.element)
        #expect(!failure(cut.joined(separator: "\n")).isEmpty)
    }

    private func failure(_ text: String) -> String {
        if case .failure(let error) = reading(text) { error.reason } else { "" }
    }

    @Test(arguments: [
        ("", "has 0 bytes"), ("\n", "has 0 bytes"), ("short", "has 5 bytes"),
        (String(decoding: TestKeys.secret.dropLast(), as: UTF8.self) + "\n", "has 31 bytes"),
        (TestKeys.p256.privatePEM, "private key"), (TestKeys.rsa.privatePEM, "private key"),
        (TestKeys.p384.publicPEM, "its curve is not P-256"),
        (TestKeys.pem("RSA PUBLIC KEY", TestKeys.rsa.publicKey), "neither a PUBLIC KEY"),
        (TestKeys.p256.publicPEM.replacing("END", with: "AND"), "cannot be read"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "cannot be read"),
        ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "cannot be read"),
        ("{", "not JSON"), ("{}", "no member keys"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDs1bXRuQ1AzFOQ7nLwGzJ7mkcn8pi0QbxSIGWZ9Gjxs ann", "SSH"),
        (small, "2048 to 8192 bits"),
    ])
    func `without a key is refused with the reason`(text: String, reason: String) {
        #expect(failure(text).contains(reason), "\(failure(text))")
    }

    private static let small = PrivateKey(rsaBits: 1_024).publicPEM

    @Test func `does not take a public key in DER for a secret`() {
        for key in [TestKeys.rsa.publicKeyInfo, TestKeys.p256.publicKeyInfo] {
            if case .failure(let error) = reading(key) {
                #expect(error.reason.contains("DER"))
            } else {
                #expect(Bool(false), "taken for a secret")
            }
        }
    }
}
