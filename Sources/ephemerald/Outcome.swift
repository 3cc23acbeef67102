/// What the program tells its caller by exiting; the numbers are those of sysexits.h.
package enum Outcome: Int32, CaseIterable, Sendable {
    /// The work is done; `serve` was told to stop and answered everybody first.
    case success = 0
    /// The answer is no: `healthcheck` found no healthy daemon, `lookup` no line.
    case negative = 1
    /// EX_USAGE: the command line is wrong.
    case usage = 64
    /// EX_UNAVAILABLE: the address cannot be listened on, `mint` got no token, or the usage log cannot be read.
    case unavailable = 69
    /// EX_TEMPFAIL: a second signal ended `serve` before everybody had his answer.
    case cut = 75
    /// EX_CONFIG: a setting or a session file is wrong.
    case configuration = 78

    /// The row of `--help`.
    package var meaning: String {
        switch self {
        case .success: "done"
        case .negative: "healthcheck: the daemon does not answer, or not with 200; lookup: nothing is found"
        case .usage: "the command line is wrong"
        case .unavailable: "serve: cannot listen; mint: no token to be had; usage, lookup: no log to be read"
        case .cut: "serve: a second signal ended it before everybody had an answer"
        case .configuration: "a setting or a session file is wrong; every problem is listed"
        }
    }
}
