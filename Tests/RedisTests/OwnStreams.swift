import Curl
import EventLoop
import Redis

extension Redis.Client {
    /// With streams of its own.
    convenience init(
        on loop: EventLoop, address: RedisAddress, settings: Redis.ClientSettings = Redis.ClientSettings(),
        onChange: @escaping (Change) -> Void = { _ in }
    ) throws {
        self.init(over: try Streams(on: loop), address: address, settings: settings, onChange: onChange)
    }
}
