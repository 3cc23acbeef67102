import Crypto
import CryptoExtras
import SwiftASN1

/// Keys from a file: a JWKS, one public key or certificate in PEM, or a secret on one line.
extension KeySet {
    /// Reads a file's contents. What looks like a key of another form is not taken for a secret: a public key is known
    /// to everybody, and whoever knows the secret of HS256 can make tokens.
    package init(file contents: [UInt8]) throws(InvalidKeys) {
        if (try? DER.parse(contents)) != nil { throw InvalidKeys("this looks like a key in DER; write it in PEM") }
        if contents.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw InvalidKeys("the file begins with a byte order mark (BOM); save it as UTF-8 without one")
        }
        if contents.contains(0) || contents.starts(with: [0xFF, 0xFE]) || contents.starts(with: [0xFE, 0xFF]) {
            throw InvalidKeys("there are NUL bytes or a mark of UTF-16 in the file; save it as ASCII or UTF-8")
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
    /// which nothing but the key is looked at.
    fileprivate init(pem text: String) throws(InvalidKeys) {
        let document: PEMDocument
        do {
            let all = try PEMDocument.parseMultiple(pemString: text)
            guard let first = all.first, all.count == 1 else {
                throw InvalidKeys("there are \(all.count) parts in the PEM text; write one key, or a JWKS for several")
            }
            document = first
        } catch let error as InvalidKeys {
            throw error
        } catch {
            throw InvalidKeys("this is no PEM text that can be read")
        }
        switch document.discriminator {
        case "PUBLIC KEY": self = try VerificationKey(publicKey: document.derBytes[...])
        case "CERTIFICATE":
            guard let key = try? publicKey(ofCertificate: document.derBytes) else {
                throw InvalidKeys("this is no certificate that can be read")
            }
            self = try VerificationKey(publicKey: key)
        case let kind where kind.hasSuffix("PRIVATE KEY"):
            throw InvalidKeys(
                "this is a private key, with which anybody could make tokens; give the public half alone")
        default:
            throw InvalidKeys("the PEM text holds no PUBLIC KEY and no CERTIFICATE")
        }
    }

    /// - Parameter der: a SubjectPublicKeyInfo.
    private init(publicKey der: ArraySlice<UInt8>) throws(InvalidKeys) {
        guard let (algorithm, bits) = try? parts(ofPublicKey: der) else {
            throw InvalidKeys("this is no public key that can be read")
        }
        switch algorithm {
        case .AlgorithmIdentifier.rsaEncryption, .AlgorithmIdentifier.rsaPSS:
            guard let key = try? _RSA.Signing.PublicKey(derRepresentation: der), key.keySizeInBits <= 8192 else {
                throw InvalidKeys("it is no RSA key of 2048 to 8192 bits")
            }
            try self.init(key, isPSS: algorithm == .AlgorithmIdentifier.rsaPSS, id: nil)
        case .AlgorithmIdentifier.idEcPublicKey:
            guard let key = try? P256.Signing.PublicKey(derRepresentation: der) else {
                throw InvalidKeys("its curve is not P-256")
            }
            self.init(key, id: nil)
        case [1, 3, 101, 112]:
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bits) else {
                throw InvalidKeys("it is no key of Ed25519")
            }
            self.init(key, id: nil)
        default: throw InvalidKeys("it is no key of RSA, P-256 or Ed25519")
        }
    }
}

/// The SubjectPublicKeyInfo of a certificate (RFC 5280 section 4.1): in the first of its three parts, behind version
/// (tagged, with a default), serial number, signature algorithm, issuer, validity and subject.
private func publicKey(ofCertificate der: [UInt8]) throws -> ArraySlice<UInt8> {
    let parts = try elements(of: DER.parse(der))
    guard parts.count == 3 else { throw InvalidKeys("") }
    var fields = try elements(of: parts[0])[...]
    if fields.first?.identifier.tagClass == .contextSpecific { fields.removeFirst() }
    guard let key = fields.dropFirst(5).first else { throw InvalidKeys("") }
    return key.encodedBytes
}

/// Algorithm and bits of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
private func parts(ofPublicKey der: ArraySlice<UInt8>) throws -> (ASN1ObjectIdentifier, ArraySlice<UInt8>) {
    let parts = try elements(of: DER.parse(der))
    guard parts.count == 2, let algorithm = try elements(of: parts[0]).first else { throw InvalidKeys("") }
    return (try ASN1ObjectIdentifier(derEncoded: algorithm), try ASN1BitString(derEncoded: parts[1]).bytes)
}

private func elements(of node: ASN1Node) throws -> [ASN1Node] {
    guard node.identifier == .sequence, case .constructed(let nodes) = node.content else { throw InvalidKeys("") }
    return Array(nodes)
}
