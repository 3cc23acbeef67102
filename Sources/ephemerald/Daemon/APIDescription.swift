internal import COpenAPI
import EphemeraldCore
import HTTP

/// The OpenAPI description of all routes and refusals: `Sources/COpenAPI/openapi.json`, as it is in the binary.
package enum APIDescription {
    /// Where it is served.
    package static let path = "/api/openapi.json"

    /// JSON, UTF-8.
    package static let document = unsafe Array(
        UnsafeBufferPointer(start: openapi_document, count: openapi_document_size))

    /// As it is served. It holds nothing of the settings, so every page may read it.
    static let file = StaticFile(
        document, mediaType: "application/json",
        fields: ["Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"])
}
