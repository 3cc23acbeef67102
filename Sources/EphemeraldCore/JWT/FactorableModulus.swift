import Cryptography

/// RSA keys whose private half can be computed from the public one.
extension PublicKey {
    /// Whether the key comes from the generator of CVE-2017-15361 (ROCA), which many smart cards and TPMs had.
    ///
    /// Each of its primes is a power of 65537 modulo the product of the first primes, so its moduli are too, modulo each
    /// of them. One in 2^27 of all other moduli also is, as Nemec et al. computed ("The Return of Coppersmith's Attack",
    /// section 2.2).
    var isFactorable: Bool {
        guard let modulus else { return false }
        return PublicKey.smallPrimes.allSatisfy { prime in
            let residue = modulus.reduce(0) { ($0 << 8 | Int($1)) % prime }
            var power = 1
            for _ in 1..<prime where power != residue { power = power * 65_537 % prime }
            return power == residue
        }
    }

    /// The primes up to 167, which the generator uses for keys of any length, without 2, 3, 5 and 7, whose residues are all
    /// powers of 65537.
    private static let smallPrimes = [
        11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
        127, 131, 137, 139, 149, 151, 157, 163, 167,
    ]
}
