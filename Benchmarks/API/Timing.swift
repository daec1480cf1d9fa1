// Timing: what the measurements share: clocks, order statistics, and lines of figures.

import Foundation

/// Clocks of the system, in nanoseconds.
enum Clock {
    private static func now(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static var wall: UInt64 { now(CLOCK_MONOTONIC) }
    /// Time of all threads of the process on processors.
    static var processor: UInt64 { now(CLOCK_PROCESS_CPUTIME_ID) }
}

/// Wall and processor time of `body`, in seconds.
func timed(_ body: () throws -> Void) rethrows -> (wall: Double, processor: Double) {
    let (wall, processor) = (Clock.wall, Clock.processor)
    try body()
    return (Double(Clock.wall - wall) * 1e-9, Double(Clock.processor - processor) * 1e-9)
}

/// Durations in nanoseconds.
struct Durations {
    private var values: [UInt64] = []

    mutating func reserve(_ count: Int) { values.reserveCapacity(count) }

    mutating func add(_ nanoseconds: UInt64) { values.append(nanoseconds) }

    /// Microseconds below which the given share of them lies.
    func microseconds(_ share: Double) -> Double {
        let ordered = values.sorted()
        guard let last = ordered.indices.last else { return 0 }
        return Double(ordered[min(last, Int(Double(ordered.count) * share))]) * 1e-3
    }

    /// Median, 99th percentile and worst.
    var text: String {
        String(
            format: "median %9.2f us   p99 %9.2f us   worst %10.2f us", microseconds(0.5),
            microseconds(0.99), microseconds(1))
    }
}

/// Prints a line, the name of a figure at a fixed width before it.
func report(_ name: String, _ figures: String) {
    print(name.padding(toLength: 44, withPad: " ", startingAt: 0), figures)
    fflush(nil)
}
