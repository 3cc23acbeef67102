import Curl
import EventLoop

/// The connections of a client besides the one that commands go to: to a node that a key is on its way to (ASK), and to
/// nodes that have been left and still owe answers (MOVED).
final class Detours: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.

    /// The node that a key was on its way to is left when none was for so long.
    private static let longestPause = Duration.seconds(10)

    private let connector: Connector
    private let loop: EventLoop
    private let settings: RedisClientSettings
    private var asked: Connection?
    private var timer: Timer?
    /// Each with the time at which it is left without its answers.
    private var leaving: [(connection: Connection, timer: Timer)] = []

    init(from connector: Connector, on loop: EventLoop, settings: RedisClientSettings) {
        self.connector = connector
        self.loop = loop
        self.settings = settings
    }

    /// Sends one command to the node that its key is on the way to.
    func send(_ command: Command, asking place: RedisAddress.Place) {
        timer?.cancel()
        if let asked, asked.place != place { leave(asked) }
        do throws(StreamFailure) {
            let node = if let asked { asked } else { try connector.open(place) }
            asked = node
            timer = loop.after(Detours.longestPause) { [unowned self] in
                if asked === node { leave(node) }
            }
            node.send(Command(["ASKING"]))
            node.send(command)
        } catch {
            command.finish(.failure(.away("\(error)")))
        }
    }

    /// Closes a connection when it has answered everything, or answers nothing any more.
    func leave(_ connection: Connection) {
        if asked === connection { asked = nil }
        let timer = loop.after(settings.silenceTimeout) { connection.close(.broken("it does not answer any more")) }
        leaving.append((connection, timer))
        connection.leave()
    }

    /// Reads replies that have arrived, without waiting for the loop to say so.
    func readArrived() {
        asked?.readArrived()
        for (connection, _) in leaving { connection.readArrived() }
    }

    /// A connection has ended.
    func forget(_ connection: Connection) {
        if asked === connection { asked = nil }
        for entry in leaving where entry.connection === connection { entry.timer.cancel() }
        leaving.removeAll { $0.connection === connection }
    }

    func close() {
        timer?.cancel()
        asked?.close(.cancelled)
        for (connection, timer) in leaving {
            timer.cancel()
            connection.close(.cancelled)
        }
    }
}
