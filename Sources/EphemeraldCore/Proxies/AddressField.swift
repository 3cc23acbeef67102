import HTTP
package import Text

/// The one field in which trusted proxies name the client (`CLIENT_ADDRESS_FROM`).
///
/// A proxy that sets one field passes on what a client wrote into another, so only this one is read.
package enum AddressField: Hashable, Sendable {
    /// `X-Forwarded-For` or `Forwarded`, walked past trusted addresses. When both name a client, they have to agree.
    case either
    /// `X-Forwarded-For`, walked past trusted addresses.
    case xForwardedFor
    /// `Forwarded`, walked past trusted addresses.
    case forwarded
    /// An entry of `X-Forwarded-For`, counted from the right, where 1 is the last: for proxies whose own addresses are not
    /// known, but whose number is.
    case hop(Int)
    /// A field with one address, such as `CF-Connecting-IP`.
    case named(String)

    /// The most proxies that can be counted.
    private static let mostHops = 16

    /// Reads the setting, which is not `either`.
    package init(parsing text: String) throws(Invalid) {
        if let count = Int(text) {
            guard (1...AddressField.mostHops).contains(count) else {
                throw Invalid(
                    "write the place of the client in X-Forwarded-For, counted from the right: 1 to \(AddressField.mostHops)"
                )
            }
            self = .hop(count)
            return
        }
        guard text.isToken, text.utf8.count <= 64 else {
            throw Invalid(
                "write x-forwarded-for, forwarded, the name of a field with one address like CF-Connecting-IP, or a "
                    + "number")
        }
        self =
            switch text.lowercased() {
            case "x-forwarded-for": .xForwardedFor
            case "forwarded": .forwarded
            default: .named(text)
            }
    }

    /// Whether a request has a field that is read.
    func isPresent(in fields: Fields) -> Bool {
        switch self {
        case .either: fields.count(of: "X-Forwarded-For") > 0 || fields.count(of: "Forwarded") > 0
        case .xForwardedFor, .hop: fields.count(of: "X-Forwarded-For") > 0
        case .forwarded: fields.count(of: "Forwarded") > 0
        case .named(let name): fields.count(of: name) > 0
        }
    }
}
