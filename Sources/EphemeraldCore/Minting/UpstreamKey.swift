import HTTP

/// One of the upstream's keys, with what may be said about it: its place in the settings and its print.
package final class UpstreamKey: Sendable {
    /// From 1, in the order of the settings.
    package let place: Int
    /// How many keys there are.
    let count: Int
    /// Tells the keys apart, and does not help to guess one.
    package let print: KeyPrint
    let secret: Secret
    /// The fields that all mints with this key have.
    let fields: CommonFields
    /// What usage lines have about it.
    let usageMembers: UsageMembers

    fileprivate init(_ secret: Secret, place: Int, of upstream: Upstream) {
        self.place = place
        self.secret = secret
        count = upstream.keys.count
        print = KeyPrint(ofKey: secret.reveal())
        fields = upstream.commonFields(key: secret)
        usageMembers = .key(place: place, print: print)
    }

    /// `1 of 2, 3f9c01ab`
    var name: String { "\(place) of \(count), \(print)" }
}

extension Upstream {
    /// The keys with their places and prints.
    package var namedKeys: [UpstreamKey] {
        keys.enumerated().map { UpstreamKey($0.element, place: $0.offset + 1, of: self) }
    }
}
