package import HTTP
import Text

/// The name under which one request is found again in all logs.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
    /// 1 to 128 of `A-Z a-z 0-9 . _ -`.
    package let description: String

    /// Takes `X-Request-Id` over from a trusted peer when it is well-formed, else makes one.
    /// - Parameters:
    ///   - isTrusted: whether the request's peer is a trusted proxy; anybody else could plant another request's name.
    ///   - randomBits: 128 random bits.
    package init(of request: Request, isTrusted: Bool, randomBits: () -> UInt128) {
        if isTrusted, let given = request.fields.only("X-Request-Id"), (1...128).contains(given.utf8.count),
            given.utf8.allSatisfy(\.isNameByte)
        {
            self.init(given: given)
        } else {
            self.init(randomBits: randomBits())
        }
    }

    private init(given: String) {
        description = given
    }

    /// A name of our own making: 32 hexadecimal digits.
    package init(randomBits: UInt128) {
        let (high, low) = (UInt64(truncatingIfNeeded: randomBits >> 64), UInt64(truncatingIfNeeded: randomBits))
        description = high.hexadecimal + low.hexadecimal
    }
}
