import Logging
import System
import Text

/// The service manager above the daemon, systemd or one with the same protocol; or none, and then notices go nowhere.
struct Supervisor: Sendable {
    /// How long it waits for a sign of life; nil when it does not.
    let watchdog: Duration?
    private let socket: NotifySocket?
    private let handedOver: [SupervisorVariables.Inherited]

    /// Reads its variables and removes them from the environment. Before the first thread starts.
    static func take() throws(StartFailure) -> Supervisor {
        do throws(Invalid) { return Supervisor(try SupervisorVariables.take()) } catch {
            throw StartFailure(outcome: .unavailable, message: error.reason)
        }
    }

    /// The listening socket, when one is handed over. Once only: the listener owns it.
    func listener() throws(StartFailure) -> Listener? {
        guard let socket = handedOver.first else { return nil }
        guard handedOver.count == 1 else {
            let names = handedOver.map { $0.name.shown }.joined(separator: ", ")
            throw StartFailure(
                outcome: .unavailable,
                message: "LISTEN_FDS: \(handedOver.count) sockets are handed over (\(names)), and one is served; "
                    + "leave one ListenStream in the socket unit")
        }
        do throws(UnusableSocket) {
            return try Listener(inheriting: Descriptor(owning: socket.number))
        } catch {
            throw StartFailure(
                outcome: .unavailable,
                message: "LISTEN_FDS: descriptor \(socket.number) (\(socket.name.shown)) cannot be listened on: "
                    + error.reason)
        }
    }

    /// Sends a notice. If the manager has gone, the daemon goes on serving.
    func notify(_ notice: Notice) {
        try? socket?.send(notice)
    }

    private init(_ variables: SupervisorVariables) {
        watchdog = variables.watchdog
        handedOver = variables.sockets
        do throws(SystemError) {
            socket = try variables.notifySocket.map { path throws(SystemError) in try NotifySocket(path: path) }
        } catch {
            StandardError.print(["warning: the service manager gets no notices: \(error)"])
            socket = nil
        }
    }
}
