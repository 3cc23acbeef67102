import Curl
import EphemeraldCore
import HTTP
import JSON

/// Sends one signal, spans or metrics, from one loop to a collector.
///
/// After a failure it is paused, twice as long each time, and at least as long as the collector's `Retry-After`. The other
/// signal goes on: some collectors take only one of them.
final class SignalSender {
    private let signal: Telemetry.Signal
    private let fields: Fields
    private let client: HTTPClient
    private var pause: Duration = .zero
    private var resumes: ContinuousClock.Instant?
    /// Whether a request is under way.
    private(set) var isSending = false

    private static let pauses = (shortest: Duration.seconds(5), longest: Duration.seconds(60))
    /// A collector that asks for more time gets this much.
    private static let longestOfCollector = 3_600

    init(of signal: Telemetry.Signal, _ fields: Fields, through client: HTTPClient) {
        self.signal = signal
        self.fields = fields
        self.client = client
    }

    /// How long nothing is to be sent; zero while the collector takes the signal.
    var pauseLeft: Duration { resumes.map { max(.zero, $0 - .now) } ?? .zero }

    /// Whether nothing is to be sent.
    var isPaused: Bool { pauseLeft > .zero }

    /// - Parameter rejected: the member of the answer that counts what the collector rejected.
    /// - Returns: how much of it the collector rejected; nil when it did not take the request.
    func send(_ body: [UInt8], within timeout: Duration, rejected: String) async -> Int? {
        isSending = true
        defer { isSending = false }
        let request = OutboundRequest(
            method: .post, url: signal.url, fields: fields, body: body, responseFields: ["retry-after"],
            timeout: timeout)
        do throws(TransferFailure) {
            let response = try await client.send(request)
            guard (200...299).contains(response.status.rawValue) else {
                // A date is not read.
                let seconds = response.fields["retry-after"].flatMap { Int($0) } ?? 0
                return failed("it answers with status \(response.status.rawValue)", retryAfter: seconds)
            }
            (pause, resumes) = (.zero, nil)
            signal.notices.succeeded()
            let answer = (try? JSON(parsing: response.body))?["partialSuccess"]
            let count = answer?[rejected]
            let number = count?.stringValue.flatMap { Int($0) } ?? count?.numberValue.flatMap { Int($0.spelling) } ?? 0
            // Whatever a collector answers, it cannot reject more than a body has.
            return min(max(0, number), body.count)
        } catch {
            // Cut short by the end of the process.
            if error == .cancelled { return nil }
            return failed("\(error.code)")
        }
    }

    private func failed(_ reason: String, retryAfter seconds: Int = 0) -> Int? {
        pause = min(max(SignalSender.pauses.shortest, pause * 2), SignalSender.pauses.longest)
        let wanted = Duration.seconds(min(max(0, seconds), SignalSender.longestOfCollector))
        resumes = .now + max(pause, wanted)
        signal.notices.failed(reason)
        return nil
    }
}
