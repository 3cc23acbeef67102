import EphemeraldCore
import HTTP
import Testing

@Suite struct `A static file` {
    private static let file = StaticFile(
        Array("export {};".utf8), mediaType: "text/javascript", fields: ["Access-Control-Allow-Origin": "*"])
    private static let path = "/client/library.js"

    private static func answer(
        _ method: Method = .get, _ target: String = path, fields: Fields = [:]
    ) async throws -> Response {
        let service = try TestService { $0.rules.files = [path: file] }
        return await service.respond(to: Request(method: method, target: target, fields: fields, peer: .unix))
    }

    @Test(arguments: [path, "\(path)?v=1"])
    func `is served to everybody, with a tag`(target: String) async throws {
        let answer = try await Self.answer(.get, target)
        #expect(answer.status == .ok)
        #expect(answer.text == "export {};")
        #expect(answer.fields.values(of: "Cache-Control") == ["no-cache"])
        #expect(answer.fields["Content-Type"] == "text/javascript")
        #expect(answer.fields["Access-Control-Allow-Origin"] == "*")
        #expect(answer.fields["X-Content-Type-Options"] == "nosniff")
        #expect(answer.fields["ETag"]?.utf8.count == 34)
    }

    @Test(arguments: [
        ("TAG", true), ("W/TAG", true), (#""other", TAG"#, true), ("*", true), (#""other""#, false), ("TA", false),
        ("", false),
    ])
    func `is not sent again to who has it`(known: String, isKnown: Bool) async throws {
        let tag = try #require(try await Self.answer().fields["ETag"])
        let header = known.split(separator: "TAG", omittingEmptySubsequences: false).joined(separator: tag)
        let answer = try await Self.answer(fields: ["If-None-Match": header])
        #expect(answer.status == (isKnown ? .notModified : .ok))
        #expect(answer.body.isEmpty == isKnown)
        #expect(answer.fields["ETag"] == tag)
    }

    @Test(arguments: [(31, true), (32, false), (8_000, false)])
    func `looks at 32 tags and no more`(others: Int, isKnown: Bool) async throws {
        let tag = try #require(try await Self.answer().fields["ETag"])
        let header = String(repeating: "x,", count: others) + tag
        #expect(try await Self.answer(fields: ["If-None-Match": header]).status == (isKnown ? .notModified : .ok))
        var lines: Fields = [:]
        for _ in 0..<others { lines.append("If-None-Match", "x") }
        lines.append("If-None-Match", tag)
        #expect(try await Self.answer(fields: lines).status == (isKnown ? .notModified : .ok))
    }

    @Test(arguments: [
        ("gzip", true), ("br, gzip", true), ("gzip;q=0.5", true), ("gzip; q=0", false), ("gzip;q=0.000", false),
        ("x-gzip", false), ("br", false), ("", false),
    ])
    func `is sent compressed to who accepts that`(accepted: String, isPacked: Bool) async throws {
        let file = StaticFile(
            Array("plain".utf8), packed: LateBytes { Array("packed".utf8) }, mediaType: "text/plain", fields: [:])
        let service = try TestService { $0.rules.files = [Self.path: file] }
        let request = Request(method: .get, target: Self.path, fields: ["Accept-Encoding": accepted], peer: .unix)
        let answer = await service.respond(to: request)
        #expect(answer.text == (isPacked ? "packed" : "plain"))
        #expect(answer.fields["Content-Encoding"] == (isPacked ? "gzip" : nil))
        #expect(answer.fields["Vary"] == "Accept-Encoding")
        #expect(answer.fields["ETag"]?.hasSuffix("-gzip\"") == isPacked)
    }

    @Test(arguments: [Method.post, .options, Method(rawValue: "PUT")])
    func `is read and nothing else`(method: Method) async throws {
        let answer = try await Self.answer(method)
        #expect(answer.status == .methodNotAllowed)
        #expect(answer.fields["Allow"] == "GET, HEAD")
    }

    @Test(arguments: ["/client/", "/client/library.js/", "/client/Library.js", "/client/%6Cibrary.js", "/client/x"])
    func `has one path`(target: String) async throws {
        #expect(try await Self.answer(.get, target).status == .notFound)
    }
}
