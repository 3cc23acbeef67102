import Curl
import EventLoop
import Redis

extension RedisClient {
    /// With streams of its own.
    convenience init(
        on loop: EventLoop, address: RedisAddress, settings: RedisClientSettings = RedisClientSettings(),
        onChange: @escaping (Change) -> Void = { _ in }
    ) throws {
        self.init(over: try Streams(on: loop), address: address, settings: settings, onChange: onChange)
    }
}
