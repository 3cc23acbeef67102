package import HTTP
import Sessions
package import Text

/// Whom an operator refuses: a caller, a range of addresses, or the pages of an origin.
package enum Denial: Hashable, Sendable {
    /// The caller of that name, as the usage log has it.
    case caller(String)
    /// The clients with these addresses.
    case address(AddressRange)
    /// The pages of that origin, as a browser sends it.
    case origin(String)

    /// What a denial is about.
    package enum Kind: String, CaseIterable, Sendable {
        case caller, address, origin
    }

    /// What it is about.
    package var kind: Kind {
        switch self {
        case .caller: .caller
        case .address: .address
        case .origin: .origin
        }
    }

    /// The caller, the range or the origin.
    package var value: String {
        switch self {
        case .caller(let name): name
        case .address(let range): range.description
        case .origin(let origin): origin
        }
    }

    /// Reads a value of that kind. An IPv6 address is the /64 that it is in, because a client has all of it.
    package init(_ kind: Kind, _ value: String) throws(Invalid) {
        switch kind {
        case .caller:
            guard !value.isEmpty else { throw Invalid("write the name of a caller") }
            guard value.utf8.count <= 256, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw Invalid("a name has at most 256 characters, and no control characters", part: value)
            }
            self = .caller(value)
        case .address:
            if let address = IPAddress(value), !address.isV4 {
                let network = IPAddress(bits: address.bits & ~UInt128(UInt64.max))
                self = .address(try AddressRange(parsing: "\(network)/64"))
            } else {
                let range = try AddressRange(parsing: value)
                let length = Int(value.split(separator: "/").last ?? "") ?? 0
                if !range.base.isV4, length > 64 {
                    self = try Denial(.address, "\(range.base)")
                } else {
                    self = .address(range)
                }
            }
        case .origin:
            guard value.utf8.count <= 256, Origin(value) != nil else {
                throw Invalid("this is not an origin; write one such as https://app.example", part: value)
            }
            self = .origin(value)
        }
    }

    /// Reads what an operator writes: with `://` it is an origin, what looks like an address or a range is one, and all
    /// else is the name of a caller.
    package init(guessing value: String) throws(Invalid) {
        if value.contains("://") {
            try self.init(.origin, value)
        } else if IPAddress.isMeant(by: value) || IPAddress(value.prefix { $0 != "/" }) != nil {
            try self.init(.address, value)
        } else {
            try self.init(.caller, value)
        }
    }

    /// Reads ``description``; nil for anything else.
    package init?(_ description: String) {
        let parts = description.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])),
            let denial = try? Denial(kind, String(parts[1]))
        else { return nil }
        self = denial
    }
}

extension Denial: CustomStringConvertible {
    /// `caller:ann`, `address:192.0.2.0/24`, `origin:https://app.example`: the name in the file and in Redis.
    package var description: String { "\(kind.rawValue):\(value)" }
}

extension Denial {
    /// `caller=ann`, percent-encoded, as a query has it.
    package var query: String { "\(kind.rawValue)=\(PercentEncoding.encoded(value))" }

    /// Reads such a query; nil for anything else, so that a mistake denies nobody.
    init?(query: Substring) {
        let parts = query.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])),
            !parts[1].contains("&"),
            let value = PercentEncoding.text(of: parts[1]), let denial = try? Denial(kind, value)
        else { return nil }
        self = denial
    }
}
