import Glibc

/// A reader of untrusted bytes, and what must be true of every input.
///
/// An input that breaks a rule traps: the rules are preconditions, so that libFuzzer and the Swift tests both see them.
package struct FuzzTarget: Sendable {
    /// The name of its folder in `corpus`.
    package let name: String
    private let body: @Sendable ([UInt8]) -> Void

    private init(_ name: String, _ body: @escaping @Sendable ([UInt8]) -> Void) {
        self.name = name
        self.body = body
    }

    /// The CPU time that one input may take, in seconds. The inputs have at most a few KiB.
    package static let longestSeconds = 0.1

    /// All targets.
    package static let all = [
        FuzzTarget("request") { tryRequest($0) },
        FuzzTarget("server") { ServerUnderTest.shared.exchange($0) },
        FuzzTarget("session") { trySession($0) },
        FuzzTarget("access") { tryAccess($0) },
        FuzzTarget("json") { tryJSON($0) },
        FuzzTarget("token") { tryToken($0) },
        FuzzTarget("jwks") { tryKeys($0) },
        FuzzTarget("forwarding") { tryForwarding($0) },
        FuzzTarget("offer") { tryOffer($0) },
        FuzzTarget("websocket") { tryFrames($0) },
        FuzzTarget("redis") { tryReplies($0) },
        FuzzTarget("usage") { tryUsageLog($0) },
        FuzzTarget("settings") { trySettings($0) },
    ]

    /// The target of that name.
    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

    /// Whose CPU time is measured.
    package enum Clock: Sendable {
        /// That of all threads, where nothing else runs.
        case process
        /// That of the caller's thread, beside other tests.
        case thread

        fileprivate var seconds: Double {
            var time = timespec()
            let clock = self == .process ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID
            let code = unsafe clock_gettime(clock, &time)
            precondition(code == 0, "these clocks always exist")
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
    }

    /// Tries one input.
    /// - Returns: the CPU time that it took, in seconds.
    package func run(_ input: [UInt8], by clock: Clock) -> Double {
        let start = clock.seconds
        body(input)
        return clock.seconds - start
    }
}

extension Array<UInt8> {
    /// The parts between lines that have only `---`: several texts in one input.
    var parts: [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        for line in split(separator: 0x0A, omittingEmptySubsequences: false) {
            if line.elementsEqual("---".utf8) {
                parts.append([])
            } else {
                if parts[parts.count - 1].isEmpty == false { parts[parts.count - 1].append(0x0A) }
                parts[parts.count - 1] += line
            }
        }
        return parts
    }

    /// Pieces whose lengths depend on the bytes themselves, so that an input arrives cut in different places.
    var pieces: [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = self[...]
        while let first = rest.first {
            let piece = rest.prefix(1 + Int(first) * 7 % 97)
            pieces.append(piece)
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }
}
