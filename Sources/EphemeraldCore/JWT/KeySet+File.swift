import Cryptography
package import Text

/// Keys from a file: a JWKS, one public key or certificate in PEM, or a secret on one line.
extension KeySet {
    /// Reads a file's contents. A key of another form is not accepted as a secret: everybody can know a public key, and
    /// anyone who knows the secret of HS256 can make tokens.
    package init(file contents: [UInt8]) throws(Invalid) {
        if DER.isSequence(contents) { throw Invalid("this looks like a key in DER; write it in PEM") }
        if contents.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw Invalid("the file begins with a byte order mark (BOM); save it as UTF-8 without one")
        }
        if contents.contains(0) || contents.starts(with: [0xFF, 0xFE]) || contents.starts(with: [0xFE, 0xFF]) {
            throw Invalid("there are NUL bytes or a mark of UTF-16 in the file; save it as ASCII or UTF-8")
        }
        let text = String(decoding: contents, as: UTF8.self)
        if text.contains("-----BEGIN") {
            try self.init([try VerificationKey(pem: text)])
        } else if text.first(where: { !$0.isWhitespace }) == "{" {
            try self.init(jwks: contents, allowsSecrets: true)
        } else {
            try self.init([try VerificationKey(secretFile: contents)])
        }
        fingerprint = contents.hashValue
    }
}

extension VerificationKey {
    /// The public key of a PEM text with one `PUBLIC KEY` (RFC 5280's SubjectPublicKeyInfo) or one `CERTIFICATE`, of
    /// which only the key is read.
    fileprivate init(pem text: String) throws(Invalid) {
        guard let blocks = PEMBlock.blocks(in: text), let block = blocks.first else {
            throw Invalid("this PEM text cannot be read")
        }
        guard blocks.count == 1 else {
            throw Invalid("there are \(blocks.count) parts in the PEM text; write one key, or a JWKS for several")
        }
        try self.init(VerificationKey.key(in: block), id: nil)
    }

    private static func key(in block: PEMBlock) throws(Invalid) -> PublicKey {
        let isCertificate = block.label == "CERTIFICATE"
        guard isCertificate || block.label == "PUBLIC KEY" else {
            let isPrivate = block.label.hasSuffix("PRIVATE KEY")
            throw Invalid(
                isPrivate
                    ? "this is a private key, with which anybody could make tokens; give only the public half"
                    : "the PEM text has neither a PUBLIC KEY nor a CERTIFICATE")
        }
        guard let contents = Base64URL.bytes(ofBase64: block.base64) else {
            throw Invalid("this PEM text cannot be read")
        }
        do throws(InvalidPublicKey) {
            return try PublicKey(der: contents, isCertificate: isCertificate)
        } catch {
            switch error {
            case .unreadable:
                throw Invalid("this \(isCertificate ? "certificate" : "public key") cannot be read")
            case .rsa: throw Invalid("it is not an RSA key of 2048 to 8192 bits")
            case .curve: throw Invalid("its curve is not P-256")
            case .unsupported: throw Invalid("it is not an RSA, P-256 or Ed25519 key")
            }
        }
    }
}

/// A part of a text in PEM (RFC 7468 section 2).
private struct PEMBlock {
    /// The label of the line `-----BEGIN …-----`.
    let label: Substring
    /// The lines up to `-----END …-----`, joined.
    private(set) var base64: [UInt8] = []

    /// The parts of a text, without what is between them; nil when the last one has no end.
    static func blocks(in text: String) -> [PEMBlock]? {
        var blocks: [PEMBlock] = []
        var open: PEMBlock?
        for line in text.split(whereSeparator: \.isNewline) {
            if let block = open, line == "-----END \(block.label)-----" {
                blocks.append(block)
                open = nil
            } else if open != nil {
                open?.base64 += line.utf8
            } else if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----") {
                open = PEMBlock(label: line.dropFirst(11).dropLast(5))
            }
        }
        return open == nil ? blocks : nil
    }
}
