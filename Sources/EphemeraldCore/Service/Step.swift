/// The result of a step: there at once, or after waiting. A request waits for the keys of tokens, for Redis and for the
/// upstream; one that needs none of them is answered without a task.
package enum Step<Value: Sendable>: Sendable {
    /// The step is complete.
    case now(Value)
    /// Waits, and completes the step.
    ///
    /// Not a closure that throws: Swift 6.3 converts an `async` closure with a small result and a typed error to one with
    /// a generic result in such a way that the process crashes.
    case later(@Sendable () async -> Result<Value, Refusal>)

    /// The result; waits for it if the step is not complete.
    package var value: Value {
        get async throws(Refusal) {
            switch self {
            case .now(let value): value
            case .later(let wait): try await wait().get()
            }
        }
    }

    /// Continues with the step that needs the result of this one.
    func then<Next>(_ next: @escaping @Sendable (Value) throws(Refusal) -> Step<Next>) throws(Refusal) -> Step<Next> {
        switch self {
        case .now(let value): try next(value)
        case .later(let wait):
            .later {
                do throws(Refusal) {
                    return .success(try await next(try await wait().get()).value)
                } catch {
                    return .failure(error)
                }
            }
        }
    }
}
