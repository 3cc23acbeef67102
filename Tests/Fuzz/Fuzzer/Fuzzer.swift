import FuzzTargets
import Glibc

/// The target that the variable `FUZZ_TARGET` names.
private let target: FuzzTarget = {
    let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = FuzzTarget.named(name) else {
        fatalError("FUZZ_TARGET must be one of \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
    }
    return target
}()

/// libFuzzer's entry, https://llvm.org/docs/LibFuzzer.html: called with one input after the other.
@c(LLVMFuzzerTestOneInput)
func tryInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let seconds = target.run(unsafe Array(unsafe UnsafeBufferPointer(start: start, count: count)), by: .process)
    precondition(seconds < FuzzTarget.longestSeconds, "an input of \(count) bytes took \(seconds) s of CPU time")
    return 0
}
