/// How patient a `Client` is, and how much it takes.
package struct ClientSettings: Sendable {
    /// How long a command may take, from its call to its reply. Default 50 ms.
    package var deadline: Duration = .milliseconds(50)
    /// How long connecting, AUTH and SELECT may take together. Default 1 s.
    package var connectTimeout: Duration = .seconds(1)
    /// A connection is given up when a deadline has passed and no reply at all comes for so long. Default 1 s.
    package var silenceTimeout: Duration = .seconds(1)
    /// Commands without a reply on one connection, those that nobody waits for any more included. Default 4096.
    package var maxUnanswered = 4_096
    /// Bytes of one reply, about: a connection on which more arrive before it is complete is given up. Default 64 KiB.
    package var maxReplyBytes = 65_536
    /// The pause behind the first failure to connect; it doubles with each that follows. Default 50 ms.
    package var shortestPause: Duration = .milliseconds(50)
    /// The longest pause between two attempts to connect. Default 2 s.
    package var longestPause: Duration = .seconds(2)
    /// A number from 0 up to 1: how much of half of a pause is left out, so that many clients do not come back at once.
    package var chance: @Sendable () -> Double = { .random(in: 0..<1) }

    /// The defaults that stand at each member.
    package init() {}

    /// - Parameter failures: how many attempts have failed in a row, 1 or more.
    package func pause(after failures: Int) -> Duration {
        let full = min(longestPause, shortestPause * (1 << min(failures - 1, 16)))
        return full - full / 2 * chance()
    }
}
