import EphemeraldCore
import FoundationEssentials
import Glibc
import HTTP
import Settings
import System
import TestTools
import Testing
import Text
import ephemerald

@Suite struct `The salt of safety identifiers` {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// `kept`, the path that is to be made, or `process`.
    private func source(_ flags: [String], _ environment: [String: String] = [:]) throws -> String {
        let settings = try Settings(arguments: flags, environment: key.merging(environment) { $1 })
        return switch settings.upstream.safetySalt {
        case .kept: "kept"
        case .made(let path): path
        case .ofThisProcess: "process"
        }
    }

    @Test func `is a file that is named, or one in the state directory, or of this process`() throws {
        let file = try directory.file("salt", "0123456789abcdef")
        let state = ["STATE_DIRECTORY": "/var/lib/a:/var/lib/b"]
        #expect(try source([]) == "process")
        #expect(try source([], ["STATE_DIRECTORY": ""]) == "process")
        #expect(try source([], state) == "/var/lib/a/safety_salt")
        #expect(try source(["--safety-salt-file", file], state) == "kept")
    }

    @Test func `has 16 bytes or more`() throws {
        let found = problems(["--safety-salt-file", try directory.file("salt", "0123456789abcde")])
        #expect(found.count == 1)
        #expect(found.first?.contains("the salt has 15 bytes") == true, "\(found)")
        #expect(found.first?.contains("0123") == false)
    }

    @Test func `is created once, for this user only`() throws {
        let path = "\(directory.path)/safety_salt"
        _ = try SafetySaltFile.open(path)
        let first = try Data(contentsOf: URL(filePath: path))
        #expect(first.count == 32)
        #expect(InputFile.permissions(of: path) == 0o600)
        _ = try SafetySaltFile.open(path)
        #expect(try Data(contentsOf: URL(filePath: path)) == first)
    }

    @Test func `is one for all that start at once`() async throws {
        let path = "\(directory.path)/safety_salt"
        let client = ClientAddress(
            of: Request(method: .post, target: "/", peer: .unix), behind: TrustedProxies.none)
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<16 {
                group.addTask { try SafetySaltFile.open(path).identifier(of: nil, at: client) }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(names.count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["safety_salt"])
    }

    @Test(arguments: [EPERM, EOPNOTSUPP, ENOSYS])
    func `is made on a file system without hard links, too`(code: CInt) throws {
        let path = "\(directory.path)/safety_salt"
        _ = try SafetySaltFile.open(path, link: { _, _ in code })
        #expect(try Data(contentsOf: URL(filePath: path)).count == 32)
        #expect(InputFile.permissions(of: path) == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["safety_salt"])
    }

    @Test(
        arguments: [
            ([7, 25], 0, nil), ([7, -1], 0, "No space left on device"), ([-1], EPERM, "No space left on device"),
            ([7, -1], EPERM, "No space left on device"), ([32], EXDEV, "cross-device"),
        ] as [([Int], CInt, String?)])
    func `is whole or not there, and an error is that of the call that failed`(
        writes: [Int], linking: CInt, words: String?
    ) throws {
        let path = "\(directory.path)/safety_salt"
        var rest = writes[...]
        func write(_ file: CInt, _ bytes: ArraySlice<UInt8>) -> Int {
            let count = rest.removeFirst()
            if count > 0 { return FileDraft.write(file, bytes.prefix(count)) }
            errno = ENOSPC
            return -1
        }
        let link = { (draft: String, path: String) in linking == 0 ? FileDraft.link(draft, path) : linking }
        if let words {
            let error = #expect(throws: Invalid.self) { try SafetySaltFile.open(path, link: link, write: write) }
            #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
        } else {
            _ = try SafetySaltFile.open(path, link: link, write: write)
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(left == (words == nil ? ["safety_salt"] : []))
        if words == nil { #expect(try Data(contentsOf: URL(filePath: path)).count == 32) }
    }

    @Test func `stops the start when it is cut short or cannot be made`() throws {
        let path = try directory.file("safety_salt", "short")
        #expect(throws: Invalid.self) { try SafetySaltFile.open(path) }
        #expect(throws: Invalid.self) { try SafetySaltFile.open("\(directory.path)/nowhere/safety_salt") }
    }
}
