package import EventLoop
import HTTP
import MicroHTTPD
package import System

/// The sandbox on a port of the loopback interface, with the faults that are the connection's and not the answer's.
package final class SandboxServer: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    /// What a client puts before `/realtime/client_secrets`.
    package let baseURL: String
    /// What answers, and counts; a fault of the connection keeps requests from it.
    package let sandbox: Sandbox
    private let server: Server?
    private let faulty: FaultySocket?

    /// Listens on a free port of 127.0.0.1. On the loop's thread, or before it runs.
    package init(
        on loop: EventLoop, latency: Duration = .zero, fault: Fault? = nil, unixSeconds: @escaping @Sendable () -> Int
    ) throws(SystemError) {
        let sandbox = Sandbox(latency: latency, fault: fault, unixSeconds: unixSeconds) { await loop.sleep(for: $0) }
        let socket = try ListeningAddress.tcp(host: "127.0.0.1", port: 0).listen()
        baseURL = "http://127.0.0.1:\(try boundPort(of: socket))/v1"
        self.sandbox = sandbox
        switch fault {
        case .refuse:
            // The socket closes here, so that nobody listens at the address.
            (server, faulty) = (nil, nil)
        case .reset, .garbage, .slowHeaders:
            server = nil
            faulty = try FaultySocket(on: loop, listeningOn: socket, fault: fault)
        default:
            server = try Server(on: loop, listeningOn: socket) { await sandbox.respond(to: $0) }
            faulty = nil
        }
    }

    /// Ends it. On the loop's thread.
    package func stop() async {
        faulty?.stop()
        await server?.drain(timeout: .zero, lastAnswer: { _ in Response(.serviceUnavailable) })
    }
}
