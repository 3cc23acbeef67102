package import Text

extension OriginPattern {
    /// Reads one entry of an allow-list. An entry that no browser could ever match is refused with the right spelling
    /// named, because it would fail silently in production; so is one that would admit the pages of strangers.
    /// - Parameter allowsSharedSuffixes: whether a wildcard may be under a domain where anyone can register a name.
    package init(parsing entry: String, allowsSharedSuffixes: Bool = false) throws(Invalid) {
        func refuse(_ reason: String) -> Invalid { Invalid(reason, part: entry) }

        guard !entry.isEmpty else { throw refuse("an entry is empty; write an origin such as https://app.example") }
        guard entry != "*" else {
            throw refuse("this would admit every website; name the origins, such as https://app.example")
        }
        guard entry.lowercased() != "null" else {
            throw refuse("the sandboxed frame of any page sends null; serve the page from an origin and name that")
        }
        guard entry.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F && !$0.properties.isWhitespace })
        else { throw refuse("a space or control character inside; separate entries with commas") }
        guard entry.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw refuse("browsers send international names in punycode; write the host with xn-- labels")
        }
        guard entry == entry.lowercased() else {
            throw refuse("browsers send origins in lower case; write \(entry.lowercased())")
        }
        guard let split = entry.firstRange(of: "://") else {
            throw refuse("the scheme is missing; write it in full, such as https://app.example")
        }
        do {
            try self.init(
                scheme: entry[..<split.lowerBound],
                authority: OriginPattern.authority(of: entry, from: split.upperBound))
            if !allowsSharedSuffixes { try refuseStrangers() }
        } catch {
            throw refuse(error.reason)
        }
    }

    /// On a shared suffix the end of the label decides whose page it is: strangers choose the beginning of a name
    /// freely, and platforms put the name of the team last (Vercel: `PROJECT-HASH-TEAM.vercel.app`).
    private func refuseStrangers() throws(Fault) {
        guard isUnderSharedSuffix, case .firstLabel(let prefix, let suffix) = form else { return }
        // One or two characters are the end of too many names.
        guard suffix.utf8.first != UInt8(ascii: "-") || suffix.utf8.count < 4 else { return }
        let whole = prefix.isEmpty && suffix.isEmpty
        let stranger = "\(prefix)\(whole ? "stranger" : "evil")\(suffix)"
        throw Fault(
            "anyone can register a name under \(host), so this would admit pages of strangers such as "
                + "\(scheme)://\(stranger).\(host); name the origins, or end the label in your team's name as in "
                + "\(scheme)://app-*-team.\(host). ALLOW_SHARED_SUFFIXES=true allows it all the same")
    }

    /// Why an entry is wrong, before it is known how the entry reads.
    private struct Fault: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// What is between `://` and the end, which must be host and port only.
    private static func authority(of entry: String, from start: String.Index) throws(Fault) -> Substring {
        let rest = entry[start...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let right = "write \(entry[..<start])\(authority.split(separator: "@").last ?? "")"
        guard !authority.contains("@") else { throw Fault("an origin has no user and password; \(right)") }
        if authority.endIndex == rest.endIndex { return authority }
        let tail = rest[authority.endIndex...]
        if tail == "/" { throw Fault("an origin has no slash at its end; \(right)") }
        let name = tail.first == "/" ? "path" : tail.first == "?" ? "query" : "fragment"
        throw Fault("an origin has no \(name); \(right)")
    }

    private init(scheme: Substring, authority: Substring) throws(Fault) {
        guard Origin.isScheme(scheme) else { throw Fault("\(scheme) is not a scheme; write https://\(authority)") }
        guard !Origin.schemesWithoutPages.contains(String(scheme)) else {
            throw Fault("no page has an origin with \(scheme):; name the page's own, such as https://app.example")
        }
        let isWeb = scheme == "https" || scheme == "http"
        guard authority.utf8.count(where: { $0 == UInt8(ascii: ":") }) < 2 || authority.contains("[") else {
            throw Fault("an IPv6 address needs brackets; write \(scheme)://[…]")
        }
        let (host, portText) = Origin.hostAndPort(authority)
        guard !host.isEmpty else { throw Fault("the host is missing; write \(scheme)://app.example") }
        guard isWeb || !authority.contains("*") else {
            throw Fault("an app's own scheme is compared exactly; write the origin without *")
        }
        self.scheme = String(scheme)

        if portText == "*" {
            try OriginPattern.checkHost(host, scheme: scheme)
            guard Origin.isLoopback(String(host)) else {
                throw Fault("any port is for localhost, a name under it, 127.0.0.1 and [::1] only; name the port")
            }
            (form, self.host, port) = (.anyPort, String(host), nil)
            return
        }
        port = try OriginPattern.port(portText, scheme: scheme, host: host)
        if host.contains("*") {
            (form, self.host) = try OriginPattern.firstLabel(of: host, scheme: scheme)
        } else {
            try OriginPattern.checkHost(host, scheme: scheme)
            (form, self.host) = (.exact, String(host))
        }
    }

    private static func port(_ text: Substring?, scheme: Substring, host: Substring) throws(Fault) -> UInt16? {
        guard let text else { return nil }
        guard !text.isEmpty else { throw Fault("the port after the colon is missing; write \(scheme)://\(host)") }
        guard let port = Origin.portNumber(text) else {
            throw Fault("\(text) is not a port; write a number from 1 to 65535 without leading zeros")
        }
        guard port != Origin.defaultPort(of: scheme) else {
            throw Fault("browsers leave the default port out; write \(scheme)://\(host)")
        }
        return port
    }

    private static func firstLabel(of host: Substring, scheme: Substring) throws(Fault) -> (Form, String) {
        guard host != "*" else {
            throw Fault("this would admit every website; name a domain, such as \(scheme)://*.example.com")
        }
        let label = host.prefix { $0 != "." }
        let parts = label.split(separator: "*", omittingEmptySubsequences: false)
        let base = host.dropFirst(label.count + 1)
        guard parts.count == 2, !base.contains("*") else { throw Fault(OriginPattern.placeOfStar(scheme)) }
        // The dot after the label was left out, or it is the end of the host.
        guard label.count < host.count else {
            throw Fault("this is one label, so it may admit strangers; write it before a domain of yours")
        }
        guard OriginHost.isLabel("\(parts[0])x\(parts[1])") else {
            throw Fault("\(label) is not a label of a host name; write a-z, 0-9 and - around the *, at most 62 in all")
        }
        try checkHost(base, scheme: scheme)
        guard OriginHost(base) == .name else { throw Fault("an address has no names under it; write it without *.") }
        guard base.contains(".") else {
            throw Fault("\(base) is one label, so this may admit strangers; write *. before a domain of yours")
        }
        return (.firstLabel(prefix: String(parts[0]), suffix: String(parts[1])), String(base))
    }

    private static func placeOfStar(_ scheme: Substring) -> String {
        "* means one whole label at the front, or a part of it; write it as in \(scheme)://*.example.com or "
            + "\(scheme)://app-*-team.example.com"
    }

    private static func checkHost(_ host: Substring, scheme: Substring) throws(Fault) {
        if host.first == "[" {
            guard host.last == "]", let address = IPAddress(host.dropFirst().dropLast()), host.contains(":") else {
                throw Fault("\(host) is not an IPv6 address; write one such as [2001:db8::1]")
            }
            guard OriginHost(host) != nil else {
                throw Fault("browsers shorten IPv6 addresses; write \(scheme)://[\(address.v6Description)]")
            }
            return
        }
        guard !host.contains("*") else {
            throw Fault(OriginPattern.placeOfStar(scheme))
        }
        guard !host.hasSuffix(".") || host == "." else {
            throw Fault("a name with a dot at its end is another origin; write \(scheme)://\(host.dropLast())")
        }
        guard OriginHost(host) == nil else { return }
        if OriginHost.endsInNumber(host) {
            throw Fault("\(host) is not an IPv4 address; write four decimal numbers without leading zeros")
        }
        if host.isEmpty || host.contains("..") || host.hasPrefix(".") {
            throw Fault("an empty label; write one dot between labels")
        }
        throw Fault("\(host) is not a host name; write labels of a-z, 0-9 and -, at most 63 characters each")
    }
}
