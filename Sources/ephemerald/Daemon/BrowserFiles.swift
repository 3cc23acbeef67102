import BrowserClient
import EphemeraldCore
import HTTP

/// The files for browsers, under the paths and with the fields that they are served with.
enum BrowserFiles {
    /// The library, which any page may import, and the demo page when it is asked for.
    /// - Parameter upstream: whose calls the demo page may connect to.
    static func served(withDemo isDemo: Bool, upstream: Upstream) -> [String: StaticFile] {
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
            files[path] = StaticFile(file.content, mediaType: file.mediaType, fields: fields)
        }
        return files
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
