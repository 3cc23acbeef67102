import BrowserClient
internal import COpenAPI
import EphemeraldCore
import HTTP

/// The files for browsers, with their paths and fields.
enum BrowserFiles {
    /// The library, which any page may import, and the demo page.
    /// - Parameters:
    ///   - upstream: the server to which the demo page may connect its calls.
    ///   - isSandbox: whether that is the stand-in, which accepts no calls; the demo page then says so.
    static func served(withDemo isDemo: Bool, upstream: Upstream, isSandbox: Bool) -> [String: StaticFile] {
        var files: [String: StaticFile] = [:]
        let forAll: Fields = ["Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"]
        for (file, packed) in library {
            files["/api/realtime/client/\(file.name)"] = StaticFile(
                file.content, packed: packed, mediaType: file.mediaType, fields: forAll)
        }
        files["/api/realtime/client/\(ClientPackage.name)"] = StaticFile(
            ClientPackage.content, of: ClientPackage.archive, mediaType: "application/gzip", fields: forAll)
        guard isDemo else { return files }
        let fields = demoFields(callsOrigin: upstream.callsOrigin)
        for (file, packed) in demo {
            guard file.name == "index.html" else {
                files["/demo/\(file.name)"] = StaticFile(
                    file.content, packed: packed, mediaType: file.mediaType, fields: fields)
                continue
            }
            let page = isSandbox ? withSandboxNotice(file.content) : file.content
            files["/"] = StaticFile(
                page, packed: LateBytes { Gzip.compress(page) }, mediaType: file.mediaType, fields: fields)
        }
        return files
    }

    /// The files with their compressed forms, which are made for the first request: all of them take some 15 ms.
    private static let library = BrowserClient.library.map { file in
        (file, LateBytes { Gzip.compress(file.content) })
    }
    private static let demo = BrowserClient.demo.map { file in (file, LateBytes { Gzip.compress(file.content) }) }

    /// The page with the sentence about the sandbox visible; it is hidden in the file.
    private static func withSandboxNotice(_ page: [UInt8]) -> [UInt8] {
        Array(String(decoding: page, as: UTF8.self).replacing(#"id="sandbox" hidden"#, with: #"id="sandbox""#).utf8)
    }

    /// The fields keep a stranger's script out of the page, because a script has access to the microphone.
    private static func demoFields(callsOrigin: String) -> Fields {
        [
            "Content-Security-Policy":
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                + "media-src 'self' blob: mediastream:; connect-src 'self' \(callsOrigin); "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "microphone=(self), speaker-selection=(self), camera=(), geolocation=()",
        ]
    }
}

/// The OpenAPI description of all routes and refusals: `Sources/COpenAPI/openapi.json`, as it is in the binary.
package enum APIDescription {
    /// The path of the route.
    package static let path = "/api/openapi.json"

    /// The description as JSON in UTF-8.
    package static let document = unsafe Array(
        UnsafeBufferPointer(start: openapi_document, count: openapi_document_size))

    /// The description as it is served. It contains nothing of the settings, so every page may read it.
    static let file = StaticFile(
        document, mediaType: "application/json",
        fields: ["Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"])
}
