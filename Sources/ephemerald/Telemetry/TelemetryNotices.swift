import Locking
import Logging
import Settings

/// The log lines about one signal: one when the collector does not take it, and one when it does again.
final class TelemetryNotices: Sendable {
    private let place: String
    private let what: String
    private let exporter: Setting
    private let logger: Logger
    private let isFailing = Locked(false)

    /// - Parameters:
    ///   - what: `spans` or `metrics`.
    ///   - exporter: the setting that says whether they are sent.
    init(_ url: ServerURL, of what: String, _ exporter: Setting, logger: Logger) {
        place = "the OpenTelemetry collector at \(url)"
        self.what = what
        self.exporter = exporter
        self.logger = logger
    }

    func failed(_ reason: String) {
        guard !wasFailing(nowIs: true) else { return }
        logger.warning(
            "\(place) takes no \(what) (\(reason)); they are dropped until it does; \(exporter)=none sends none")
    }

    func succeeded() {
        guard wasFailing(nowIs: false) else { return }
        logger.info("\(place) takes \(what) again")
    }

    private func wasFailing(nowIs isFailing: Bool) -> Bool {
        self.isFailing.withLock { state in
            defer { state = isFailing }
            return state
        }
    }
}
