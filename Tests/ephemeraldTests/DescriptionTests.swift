import EphemeraldCore
import HTTP
import JSON
import Sessions
import Settings
import Testing
import ephemerald

@Suite struct `The OpenAPI description` {
    private let document: JSON

    init() throws {
        document = try JSON(parsing: APIDescription.document)
    }

    @Test func `names every refusal with its status, and no other`() {
        let all = Set(AllRefusals().map { "\($0.status.rawValue) \($0.code)" })
        // A browser reads no body of a preflight; the words of the 403 name the code.
        #expect(problems(in: document).union(["403 preflight_refused"]) == all)
        let preflight = document["paths"]?["/api/realtime/token"]?["options"]?["responses"]?["403"]
        #expect(preflight?["description"]?.stringValue?.contains("`preflight_refused`") == true)
    }

    @Test func `requires Retry-After where a refusal has it`() throws {
        let post = try #require(document["paths"]?["/api/realtime/token"]?["post"]?["responses"]?.objectValue)
        for (status, response) in post.members.map({ ($0.name, $0.value) }) {
            let waits = AllRefusals().filter { "\($0.status.rawValue)" == status }.map { $0.retryAfter != nil }
            #expect((response["headers"]?["Retry-After"] != nil) == (waits.first ?? false), "\(status)")
            #expect(Set(waits).count <= 1, "\(status)")
        }
    }

    /// Status and code of every problem that is described somewhere in it.
    private func problems(in json: JSON) -> Set<String> {
        var found: Set<String> = []
        if let status = json["status"]?["const"], let codes = json["code"]?["enum"]?.arrayValue {
            found.formUnion(codes.compactMap(\.stringValue).map { "\(status) \($0)" })
        }
        for member in json.objectValue?.members ?? [] { found.formUnion(problems(in: member.value)) }
        for element in json.arrayValue ?? [] { found.formUnion(problems(in: element)) }
        return found
    }
}
