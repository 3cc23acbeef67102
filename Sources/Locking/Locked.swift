#if TSAN
    import Glibc

    /// A value behind a lock, held only for the length of a closure.
    ///
    /// ThreadSanitizer on Linux does not understand `Synchronization.Mutex` and reports false races; under
    /// `-DTSAN` the lock is a pthread mutex, which it knows.
    @safe package final class Locked<Value: Sendable>: @unchecked Sendable {
        // `value` belongs to the thread that holds `mutex`.
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private var value: Value

        /// With the value that the first closure finds.
        package init(_ value: Value) {
            unsafe mutex = .allocate(capacity: 1)
            unsafe mutex.initialize(to: pthread_mutex_t())
            let code = unsafe pthread_mutex_init(mutex, nil)
            precondition(code == 0, "pthread_mutex_init cannot fail with these attributes")
            self.value = value
        }

        deinit {
            // Both fail only for a mutex that is locked, or by another thread: here, and in `withLock`, it is not.
            _ = unsafe pthread_mutex_destroy(mutex)
            unsafe mutex.deallocate()
        }

        /// Runs `body` with the value; do no input, output or waiting inside.
        package func withLock<Result: Sendable, Failure: Error>(
            _ body: (inout Value) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            let code = unsafe pthread_mutex_lock(mutex)
            precondition(code == 0, "a lock taken twice by one thread")
            defer { _ = unsafe pthread_mutex_unlock(mutex) }
            return try body(&value)
        }
    }
#else
    // Inlinable code may name only what is imported publicly.
    public import Synchronization

    /// A value behind a lock, held only for the length of a closure.
    @usableFromInline package final class Locked<Value: Sendable>: Sendable {
        @usableFromInline let mutex: Mutex<Value>

        /// With the value that the first closure finds.
        package init(_ value: Value) {
            mutex = Mutex(value)
        }

        /// Runs `body` with the value; do no input, output or waiting inside.
        ///
        /// Inlinable, because a caller in another module would look up the metadata of `Mutex<Value>` each time.
        @inlinable package func withLock<Result: Sendable, Failure: Error>(
            _ body: (inout Value) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            try mutex.withLock { value throws(Failure) in try body(&value) }
        }
    }
#endif
