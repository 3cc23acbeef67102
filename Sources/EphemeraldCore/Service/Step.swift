/// The result of a step: there at once, or after waiting. A request waits for the keys of tokens, for Redis and for the
/// upstream; one that needs none of them is answered without a task.
package enum Step<Value: Sendable>: Sendable {
    /// The step is complete.
    case now(Value)
    /// Waits, and completes the step.
    case later(@Sendable () async throws(Refusal) -> Value)

    /// The result; waits for it if the step is not complete.
    package var value: Value {
        get async throws(Refusal) {
            switch self {
            case .now(let value): value
            case .later(let wait): try await wait()
            }
        }
    }

    /// The same step, which does something when it is refused after waiting.
    func onLateRefusal(_ action: @escaping @Sendable () -> Void) -> Step {
        guard case .later(let wait) = self else { return self }
        return .later { () async throws(Refusal) in
            do throws(Refusal) {
                return try await wait()
            } catch {
                action()
                throw error
            }
        }
    }

    /// Continues with the step that needs the result of this one.
    func then<Next>(_ next: @escaping @Sendable (Value) throws(Refusal) -> Step<Next>) throws(Refusal) -> Step<Next> {
        switch self {
        case .now(let value): try next(value)
        case .later(let wait): .later { () async throws(Refusal) in try await next(try await wait()).value }
        }
    }
}
