extension EventLoop {
    /// Calls `handler` on the loop's thread whenever the descriptor is ready (level-triggered) until the watch ends.
    /// On the loop's thread.
    package func watch(
        _ descriptor: CInt, for interest: Readiness, _ handler: @escaping (Readiness) -> Void
    ) throws(SystemError) -> Watch {
        lastTag += 1
        let watch = Watch(descriptor: descriptor, tag: lastTag, loop: self, handler: handler)
        try epoll.add(descriptor, for: interest, tag: watch.tag)
        watches[watch.tag] = watch
        return watch
    }

    func change(_ watch: Watch, to interest: Readiness) throws(SystemError) {
        try epoll.change(watch.descriptor, to: interest, tag: watch.tag)
    }

    func end(_ watch: Watch) {
        guard watches.removeValue(forKey: watch.tag) != nil else { return }
        // Fails when the descriptor is closed already, which takes it out of the set as well.
        try? epoll.remove(watch.descriptor)
    }
}
