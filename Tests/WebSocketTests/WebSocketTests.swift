import Curl
import TestTools
import Testing
import WebSocket

@Suite(.timeLimit(.minutes(5)))
struct `A WebSocket` {
    @Test(arguments: [false, true])
    func `carries messages of every length both ways, over TLS too`(isEncrypted: Bool) async throws {
        let peer = try WebSocketPeer(isEncrypted: isEncrypted)
        let target = try peer.target("/echo")
        let counts = [0, 1, 125, 126, 127, 4_095, 4_096, 16_384, 65_535, 65_536, 300_000]
        let messages = counts.flatMap { count in
            [true, false].map { isText in
                WebSocketMessage((0..<count).map { isText ? 97 + UInt8($0 % 25) : UInt8($0 % 251) }, isText: isText)
            }
        }
        let echoes = try await withStreams { streams in
            let record = try WebSocketRecord(target, over: streams, ["hello"]) { $0.maxMessageBytes = 300_000 }
            await record.wait(for: 1)
            for message in messages { record.send(message) }
            await record.wait(for: messages.count + 1)
            record.close()
            _ = await peer.nextReport()
            return record.messages
        }
        #expect(echoes == [WebSocketMessage("hello")] + messages)
    }

    @Test func `joins fragments, and answers a ping between them`() async throws {
        let peer = try WebSocketPeer()
        let bytes =
            frame(1, "Gr\u{FC}", isLast: false) + frame(9, "now") + frame(0, "", isLast: false) + frame(0, "\u{DF}e")
            + frame(2, [1, 2]) + frame(10, "unasked") + frame(1, "") + frame(8, [0x03, 0xE8] + Array("bye".utf8))
        for mode in ["raw", "slow"] {
            let outcome = try await peer.outcome(of: "/\(mode)/\(bytes)")
            #expect(outcome.texts == ["Grüße", "\u{1}\u{2}", ""])
            #expect(outcome.failure == .closed(code: 1000, reason: "bye"))
            // wslay sends no pong after it has read a close frame.
            #expect(outcome.report == (mode == "slow" ? "pong(now) close(1000:bye)" : "close(1000:bye)"))
        }
    }

    @Test func `splits a character over two fragments`() async throws {
        let peer = try WebSocketPeer()
        let bytes = frame(1, [0xC3], isLast: false) + frame(0, [0xBC]) + frame(8, [])
        let outcome = try await peer.outcome(of: "/raw/\(bytes)")
        #expect(outcome.texts == ["ü"])
        #expect(outcome.failure == .closed(code: 0, reason: ""))
        #expect(outcome.report == "close(0:)")
    }

    private static let violations: [(name: String, bytes: String, failure: WebSocketFailure, report: String)] = [
        ("a masked frame", "8181000000004a", .violation, "close(1002:)"),
        ("a reserved bit", "c1014a", .violation, "close(1002:)"),
        ("an unknown opcode", "83014a", .violation, "close(1002:)"),
        ("a continuation of nothing", "80014a", .violation, "close(1002:)"),
        ("a message within a message", "01014a81014a", .violation, "close(1002:)"),
        ("a close code that nobody may send", "880203ed", .violation, "close(1002:)"),
        // wslay closes without a code where it cannot read the head of a frame.
        ("a ping in fragments", "09014a", .violation, "close(0:)"),
        ("a ping of 126 bytes", "897e007e" + String(repeating: "4a", count: 126), .violation, "close(0:)"),
        ("a length that could be shorter", "817e00014a", .violation, "close(0:)"),
        ("a length above 2^63", "827fffffffffffffffff", .violation, "close(0:)"),
        ("a text that is not UTF-8", "8102c328", .notUTF8, "close(1007:)"),
        ("a text that ends within a character", "8101c3", .notUTF8, "close(1007:)"),
        ("a long message", "827e0bb9" + String(repeating: "00", count: 3_001), .messageTooLong, "close(1009:)"),
        ("a message announced as huge", "827f000000010000000000", .messageTooLong, "close(1009:)"),
        ("a text announced as huge", "817f7fffffffffffffff4a", .messageTooLong, "close(1009:)"),
        (
            "long fragments", "027e0bb8" + String(repeating: "00", count: 3_000) + "800100", .messageTooLong,
            "close(1009:)"
        ),
    ]

    @Test func `ends at a violation, and says so`() async throws {
        let peer = try WebSocketPeer()
        for (name, bytes, failure, report) in Self.violations {
            let outcome = try await peer.outcome(of: "/raw/\(frame(1, "first"))\(bytes)") { $0.maxMessageBytes = 3_000 }
            #expect(outcome.texts == ["first"], "\(name)")
            #expect(outcome.failure == failure, "\(name)")
            #expect(outcome.report == report, "\(name)")
        }
    }

    @Test func `that is cut off is broken`() async throws {
        let peer = try WebSocketPeer()
        for bytes in ["", "8105", "81056162", "0102616280"] {
            let outcome = try await peer.outcome(of: "/cut/\(bytes)")
            #expect(outcome.texts.isEmpty)
            #expect(outcome.failure == .broken(.ended), "\(bytes)")
        }
    }

    @Test func `that is reset is broken`() async throws {
        let outcome = try await WebSocketPeer().outcome(of: "/reset/8105")
        guard case .broken(.broken(let words)) = outcome.failure else {
            throw Unexpected(failure: outcome.failure)
        }
        #expect(words.contains("reset"), "\(words)")
    }

    @Test func `stops at the total, however small the messages are`() async throws {
        let peer = try WebSocketPeer()
        let outcome = try await peer.outcome(of: "/flood/1000000/10") { limits in
            limits.maxTotalBytes = 100_000
            limits.drops = { _ in true }
        }
        #expect(outcome.texts.isEmpty)
        #expect(outcome.failure == .tooMuch)
    }

    @Test func `counts each frame as 64 bytes besides its own`() async throws {
        let outcome = try await WebSocketPeer().outcome(of: "/flood/100000/0") { $0.maxTotalBytes = 66_000 }
        #expect(outcome.texts.count <= 1_000)
        #expect(outcome.failure == .tooMuch)
    }

    @Test func `drops what its owner does not want, by its beginning`() async throws {
        let peer = try WebSocketPeer()
        let target = try peer.target("/flood/2000/60000")
        let texts = try await withStreams { streams in
            let record = try WebSocketRecord(target, over: streams) { limits in
                limits.maxTotalBytes = .max
                limits.drops = { $0.starts(with: #"{"type":"audio""#.utf8) && $0.count == 256 }
            }
            await record.wait(for: 1)
            record.close()
            return record.texts
        }
        #expect(texts == ["done"])
        #expect(peer.report() == "close(1000:)")
    }

    @Test func `says goodbye with a code and a reason, and nothing after that`() async throws {
        let peer = try WebSocketPeer()
        let target = try peer.target("/echo")
        let isTold = try await withStreams { streams in
            let record = try WebSocketRecord(target, over: streams, ["one"])
            await record.wait(for: 1)
            record.close(code: 4_001, reason: "enough")
            record.send(WebSocketMessage("late"))
            record.close()
            _ = await peer.nextReport().map { #expect($0 == "text(one) close(4001:enough)") }
            return record.failure != nil || record.messages.count > 1
        }
        #expect(!isTold)
    }

    @Test func `lasts no longer than it may`() async throws {
        let peer = try WebSocketPeer()
        // The message comes with the answer that opens it.
        let outcome = try await peer.outcome(of: "/raw/\(frame(1, "early"))", "one") { $0.timeout = .milliseconds(100) }
        #expect(outcome.texts == ["early"])
        #expect(outcome.failure == .timedOut)
        #expect(outcome.report == "text(one) close(1000:)")
    }
}

/// Another failure than the test is about.
struct Unexpected: Error {
    let failure: WebSocketFailure?
}
