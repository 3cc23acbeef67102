import CCrypto

/// A public key, with the one scheme by which signatures are verified. All loops share it: the prepared context is only
/// copied later.
package final class PublicKey: Sendable {
    /// A signature scheme.
    package enum Scheme: Sendable {
        /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2).
        case rsaPKCS1
        /// RSASSA-PSS with SHA-256 and 32 bytes of salt (RFC 8017 section 8.1).
        case rsaPSS
        /// ECDSA on P-256 with SHA-256; R and S in 64 bytes (RFC 7518 section 3.4).
        case p256
        /// Ed25519 (RFC 8032).
        case ed25519
    }

    /// The scheme of signatures with this key.
    package let scheme: Scheme
    /// The modulus of an RSA key, most significant byte first; nil for other keys.
    package let modulus: [UInt8]?
    private let prepared = DigestContext()

    /// The key of a SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7), or of a certificate.
    /// - Parameter isCertificate: whether the bytes are a certificate, of which only the key is used.
    package convenience init(der: [UInt8], isCertificate: Bool = false) throws(InvalidPublicKey) {
        try self.init(KeyHandle(der, isCertificate: isCertificate))
    }

    /// An RSA key. The first byte of a number is the most significant one.
    /// - Parameter isPSS: whether the scheme is RSASSA-PSS.
    package convenience init(modulus: [UInt8], exponent: [UInt8], isPSS: Bool) throws(InvalidPublicKey) {
        let key = DER.sequence(DER.integer(modulus), DER.integer(exponent))
        let der = DER.sequence(Algorithm.rsa, DER.bitString(key))
        try self.init(KeyHandle(der, isCertificate: false), isPSS: isPSS)
    }

    /// A P-256 key, by the coordinates of its point, 32 bytes each.
    package convenience init(x: [UInt8], y: [UInt8]) throws(InvalidPublicKey) {
        guard x.count == 32, y.count == 32 else { throw .unreadable }
        try self.init(der: DER.sequence(Algorithm.p256, DER.bitString([0x04] + x + y)))
    }

    /// An Ed25519 key.
    package convenience init(ed25519 key: [UInt8]) throws(InvalidPublicKey) {
        try self.init(der: DER.sequence(Algorithm.ed25519, DER.bitString(key)))
    }

    private init(_ handle: borrowing KeyHandle, isPSS: Bool = false) throws(InvalidPublicKey) {
        defer { ERR_clear_error() }
        scheme = try handle.scheme(isPSS: isPSS)
        modulus = handle.modulus
        guard handle.prepare(prepared, for: scheme) else { throw .unsupported }
    }

    /// Whether the private half of this key made a signature of these bytes.
    package func isValid(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        var signature = signature
        if scheme == .p256 {
            guard signature.count == 64 else { return false }
            signature = DER.sequence(DER.integer(signature[..<32]), DER.integer(signature[32...]))
        }
        let context = DigestContext()
        context.copy(prepared)
        let isValid = unsafe ccrypto_verify(context.pointer, signature, signature.count, bytes, bytes.count) == 1
        if !isValid { ERR_clear_error() }
        return isValid
    }

    /// AlgorithmIdentifiers: RFC 3279 sections 2.3.1 and 2.3.5, RFC 8410 section 3.
    private enum Algorithm {
        static let rsa: [UInt8] = [
            0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
        ]
        static let p256: [UInt8] = [
            0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
            0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
        ]
        static let ed25519: [UInt8] = [0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70]
    }
}

/// What is wrong with a public key.
package enum InvalidPublicKey: Error, Sendable {
    /// It does not describe a key, or bytes follow it, or its point is not on its curve.
    case unreadable
    /// It is not an RSA, P-256 or Ed25519 key, or it is an RSASSA-PSS key for other hashes than SHA-256.
    case unsupported
    /// It is an RSA key without 2048 to 8192 bits, or with an exponent or a modulus that is not safe.
    case rsa
    /// It is on a curve other than P-256.
    case curve
}

/// A public key as libcrypto holds it, while it is read.
@safe private struct KeyHandle: ~Copyable {
    private let pointer: OpaquePointer

    init(_ der: [UInt8], isCertificate: Bool) throws(InvalidPublicKey) {
        let read: (inout UnsafePointer<UInt8>?, Int) -> OpaquePointer? = { position, count in
            guard isCertificate else { return unsafe d2i_PUBKEY(nil, &position, count) }
            let certificate = unsafe d2i_X509(nil, &position, count)
            defer { unsafe X509_free(certificate) }
            return unsafe X509_get_pubkey(certificate)
        }
        guard let key = unsafe DER.parse(der, by: read, EVP_PKEY_free) else { throw .unreadable }
        unsafe pointer = key
    }

    deinit {
        unsafe EVP_PKEY_free(pointer)
    }

    /// The scheme of the key.
    /// - Parameter isPSS: the padding for an RSA key that allows both.
    /// - Throws: if the key is not safe to use.
    func scheme(isPSS: Bool) throws(InvalidPublicKey) -> PublicKey.Scheme {
        if isType("RSA") || isType("RSA-PSS") {
            // With an exponent of 1 every text is its own signature; with a long one, verification is slow.
            guard hasOddNumber("n", ofBits: 2048...8192), hasOddNumber("e", ofBits: 2...33) else { throw .rsa }
            return isPSS || isType("RSA-PSS") ? .rsaPSS : .rsaPKCS1
        }
        if isType("EC") {
            var name = [CChar](repeating: 0, count: 64)
            guard unsafe EVP_PKEY_get_group_name(pointer, &name, name.count, nil) == 1,
                name.starts(with: "prime256v1".utf8CString)
            else { throw .curve }
            return .p256
        }
        guard isType("ED25519") else { throw .unsupported }
        return .ed25519
    }

    /// Prepares a context for the verification of signatures; false if the key does not allow it.
    func prepare(_ context: borrowing DigestContext, for scheme: PublicKey.Scheme) -> Bool {
        // Ed25519 has its own hash.
        let hash = scheme == .ed25519 ? nil : "SHA256"
        var keyContext: OpaquePointer?
        guard unsafe ccrypto_start_verifying(context.pointer, &keyContext, hash, pointer) == 1 else { return false }
        // Each copy verifies one signature, so libcrypto does not have to copy it again.
        unsafe EVP_MD_CTX_set_flags(context.pointer, EVP_MD_CTX_FLAG_FINALISE)
        // The other padding is the default.
        guard scheme == .rsaPSS else { return true }
        return unsafe ccrypto_set_padding(keyContext, RSA_PKCS1_PSS_PADDING) == 1
            && ccrypto_set_salt_length(keyContext, RSA_PSS_SALTLEN_DIGEST) == 1
    }

    private func isType(_ name: String) -> Bool { unsafe EVP_PKEY_is_a(pointer, name) == 1 }

    /// The modulus of an RSA key.
    var modulus: [UInt8]? {
        unsafe withNumber("n") { number in
            var bytes = [UInt8](repeating: 0, count: (Int(unsafe BN_num_bits(number)) + 7) / 8)
            _ = unsafe BN_bn2bin(number, &bytes)
            return bytes
        }
    }

    private func hasOddNumber(_ name: String, ofBits bits: ClosedRange<CInt>) -> Bool {
        unsafe withNumber(name) { unsafe BN_is_odd($0) == 1 && bits.contains(BN_num_bits($0)) } ?? false
    }

    private func withNumber<Result>(_ name: String, _ body: (OpaquePointer?) -> Result) -> Result? {
        var number: OpaquePointer?
        guard unsafe ccrypto_number(pointer, name, &number) == 1 else { return nil }
        defer { unsafe BN_free(number) }
        return unsafe body(number)
    }
}
