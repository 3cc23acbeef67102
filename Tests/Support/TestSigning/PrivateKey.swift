import CCrypto

/// A private key that a test has just made, and what it signs. The program itself signs nothing.
///
/// It is never changed, so that all tests share it.
@safe package final class PrivateKey: @unchecked Sendable {
    /// The padding of a signature of RSA.
    package enum Padding: Sendable {
        case pkcs1
        /// RSASSA-PSS with that many bytes of salt.
        case pss(salt: CInt)
    }

    private let pointer: OpaquePointer

    /// RSA.
    /// - Parameter isPSS: whether the key says of itself that it is for RSASSA-PSS only.
    package convenience init(rsaBits bits: CInt, isPSS: Bool = false) {
        unsafe self.init(type: isPSS ? "RSA-PSS" : "RSA") { unsafe EVP_PKEY_CTX_set_rsa_keygen_bits($0, bits) }
    }

    /// ECDSA.
    /// - Parameter curve: by libcrypto's name.
    package convenience init(curve: String) {
        unsafe self.init(type: "EC") { unsafe EVP_PKEY_CTX_set_group_name($0, curve) }
    }

    /// A key of a type that knows no sizes, by libcrypto's name.
    package convenience init(type: String = "ED25519") {
        unsafe self.init(type: type) { _ in 1 }
    }

    private init(type: String, choose: (OpaquePointer) -> CInt) {
        let context = unsafe made("a context", EVP_PKEY_CTX_new_from_name(nil, type, nil))
        defer { unsafe EVP_PKEY_CTX_free(context) }
        must(unsafe EVP_PKEY_keygen_init(context))
        must(unsafe choose(context))
        var key: OpaquePointer?
        must(unsafe EVP_PKEY_generate(context, &key))
        unsafe pointer = made("a key", key)
    }

    deinit {
        unsafe EVP_PKEY_free(pointer)
    }

    /// Of RSA: as long as the modulus; of ECDSA: in DER; of Ed25519: 64 bytes.
    /// - Parameter hash: by libcrypto's name; Ed25519 ignores it.
    package func sign(_ bytes: [UInt8], padding: Padding = .pkcs1, hash: String = "SHA256") -> [UInt8] {
        let context = unsafe made("a context", EVP_MD_CTX_new())
        defer { unsafe EVP_MD_CTX_free(context) }
        let name = isType("ED25519") ? nil : hash
        var keyContext: OpaquePointer?
        must(unsafe EVP_DigestSignInit_ex(context, &keyContext, name, nil, nil, pointer, nil))
        if case .pss(let salt) = padding {
            must(unsafe EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING))
            must(unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, salt))
        }
        var signature = Array(repeating: UInt8(0), count: 1_024)
        var count = signature.count
        must(unsafe EVP_DigestSign(context, &signature, &count, bytes, bytes.count))
        return Array(signature.prefix(count))
    }

    /// R and S of a signature of ECDSA, one after the other.
    package func signAsRS(_ bytes: [UInt8], hash: String = "SHA256") -> [UInt8] {
        let der = sign(bytes, hash: hash)
        let parsed = unsafe der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return unsafe d2i_ECDSA_SIG(nil, &position, buffer.count)
        }
        let signature = unsafe made("a signature", parsed)
        defer { unsafe ECDSA_SIG_free(signature) }
        let count = Int(unsafe EVP_PKEY_get_bits(pointer) + 7) / 8
        return unsafe digits(of: ECDSA_SIG_get0_r(signature), count)
            + digits(of: ECDSA_SIG_get0_s(signature), count)
    }

    /// `n`, `e`, `qx` or `qy`.
    package func number(_ name: String) -> [UInt8] {
        var number: OpaquePointer?
        must(unsafe EVP_PKEY_get_bn_param(pointer, name, &number))
        defer { unsafe BN_free(number) }
        let count = name == "qx" || name == "qy" ? unsafe EVP_PKEY_get_bits(pointer) : unsafe BN_num_bits(number)
        return unsafe digits(of: number, Int(count + 7) / 8)
    }

    /// The public half as a SubjectPublicKeyInfo.
    package var publicKeyInfo: [UInt8] { unsafe der { unsafe i2d_PUBKEY(pointer, &$0) } }

    /// The public half of RSA as RFC 8017 appendix A.1.1 has it; of others, its bytes.
    package var publicKey: [UInt8] { unsafe der { unsafe i2d_PublicKey(pointer, &$0) } }

    /// The private key as RFC 5958 has it (PKCS #8).
    package var privateKey: [UInt8] {
        let info = unsafe made("a private key", EVP_PKEY2PKCS8(pointer))
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
        return unsafe der { unsafe i2d_PKCS8_PRIV_KEY_INFO(info, &$0) }
    }

    private func isType(_ name: String) -> Bool { unsafe EVP_PKEY_is_a(pointer, name) == 1 }

    private func digits(of number: OpaquePointer?, _ count: Int) -> [UInt8] {
        var bytes = Array(repeating: UInt8(0), count: count)
        precondition(unsafe BN_bn2binpad(number, &bytes, CInt(count)) == CInt(count), "the number is longer")
        return bytes
    }

    private func der(_ write: (inout UnsafeMutablePointer<UInt8>?) -> CInt) -> [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        let count = unsafe write(&start)
        defer { unsafe ccrypto_free(start) }
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }
}

private func made(_ what: String, _ pointer: OpaquePointer?) -> OpaquePointer {
    guard let pointer = unsafe pointer else { preconditionFailure("libcrypto does not make \(what)") }
    return unsafe pointer
}

private func must(_ result: CInt) {
    precondition(result == 1, "libcrypto refuses a call of a test")
}
