import BrowserClient
import EphemeraldCore
import HTTP

/// The files for browsers, under the paths and with the fields that they are served with.
enum BrowserFiles {
    /// The library, which any page may import, and the demo page when it is asked for.
    /// - Parameters:
    ///   - upstream: whose calls the demo page may connect to.
    ///   - isSandbox: whether that is the stand-in, which takes no calls; the demo page then says so.
    static func served(withDemo isDemo: Bool, upstream: Upstream, isSandbox: Bool) -> [String: StaticFile] {
        var files: [String: StaticFile] = [:]
        for file in BrowserClient.library {
            files["/api/realtime/client/\(file.name)"] = StaticFile(
                file.content, mediaType: file.mediaType,
                fields: ["Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"])
        }
        guard isDemo else { return files }
        let fields = demoFields(callsOrigin: upstream.callsOrigin)
        for file in BrowserClient.demo {
            let path = file.name == "index.html" ? "/" : "/demo/\(file.name)"
            let content = isSandbox && path == "/" ? withSandboxNotice(file.content) : file.content
            files[path] = StaticFile(content, mediaType: file.mediaType, fields: fields)
        }
        return files
    }

    /// The page with the sentence about the sandbox in sight; it is hidden in the file.
    private static func withSandboxNotice(_ page: [UInt8]) -> [UInt8] {
        Array(String(decoding: page, as: UTF8.self).replacing(#"id="sandbox" hidden"#, with: #"id="sandbox""#).utf8)
    }

    /// A page that could be made to run a stranger's script would hand him the microphone.
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
