import EphemeraldCore
import Foundation
import TestSigning
import Testing
import Text

@Suite struct `A modulus of the generator of CVE-2017-15361` {
    /// Of two primes k * M + (65537^a mod M), where M is the product of the first 126 primes: the form that Nemec et al. give
    /// for keys of 2048 bits ("The Return of Coppersmith's Attack", 2017).
    private static let modulus = """
        y7tGXMtAOyiygwaelGojuOgbGGruO5OR8bFt93Vs_Qhytxo5hDJMkhmFIFvRmFAe6TWl2kbZW2rrVd2wfoxUUoPIjjSZbBzkcrBkL2EPZaPll4\
        49rqqFU_CguTkc_oULqafSr_5OBk4xfFrEs5sCTQ8mEj9CR_RUPkJYKACzAkhpXK39iKSklEY2iidfykgUPLaOPBw2oChsR4keIztFYYy8yN5p\
        EZbBdHaUx46U6XuulCmWZpD_rfK26yzDgu3js1bordEhdhiQHIp0fW22jekbWOU5tjuJoVpu85869Y7_vUDoPdIyKaeGlaLUnAdzPDHek5UlmG\
        o7Du9kpuPVBQ
        """

    private static func reason(_ contents: some Sequence<UInt8>) -> String? {
        do throws(Invalid) {
            _ = try KeySet(file: Array(contents))
            return nil
        } catch {
            return error.reason
        }
    }

    @Test(arguments: ["", #","alg":"PS256""#])
    func `is refused in a JWKS`(more: String) {
        let key = #"{"kty":"RSA","e":"AQAB","n":"\#(Self.modulus)"\#(more)}"#
        #expect(Self.reason(key.utf8)?.contains("CVE-2017-15361") == true)
    }

    @Test func `is refused in PEM`() throws {
        let text = Self.modulus.replacing("-", with: "+").replacing("_", with: "/") + "=="
        let modulus = try #require(Data(base64Encoded: text))
        // In the place of another modulus of the same length.
        let key = TestKeys.rsa.publicKeyInfo.replacing(TestKeys.rsa.number("n"), with: modulus)
        #expect(Self.reason(TestKeys.pem("PUBLIC KEY", key).utf8)?.contains("CVE-2017-15361") == true)
    }

    @Test func `is not any other modulus`() {
        for key in [TestKeys.rsa, TestKeys.pss, PrivateKey(rsaBits: 2_048)] {
            #expect(Self.reason(TestKeys.pem("PUBLIC KEY", key.publicKeyInfo).utf8) == nil)
        }
    }
}
