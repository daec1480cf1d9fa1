// DistinctSketch: estimates the number of distinct values from their hashes in 4 KiB. HyperLogLog
// (Flajolet, Fusy, Gandouet, Meunier 2007) with 4,096 registers, linear counting for small
// numbers; the standard error is 1.04 / √4096 = 1.6 %.

import Glibc

/// A set of hashes of which only the estimated size is known.
struct DistinctSketch {
    private static let registerBits = 12
    private var registers: [UInt8]

    init() { registers = Array(repeating: 0, count: 1 << DistinctSketch.registerBits) }

    /// Adds a value by its (well mixed) hash. O(1).
    @inline(__always)
    mutating func insert(_ hash: UInt64) {
        let register = Int(hash >> (64 - UInt64(DistinctSketch.registerBits)))
        let rest = hash << UInt64(DistinctSketch.registerBits) | 1 << 11
        let rank = UInt8(truncatingIfNeeded: rest.leadingZeroBitCount + 1)
        if rank > registers[register] { registers[register] = rank }
    }

    /// How many different hashes there were, estimated. O(registers).
    var estimate: Double {
        let count = Double(registers.count)
        var sum = 0.0
        var zeros = 0.0
        for register in registers {
            sum += 1 / Double(UInt64(1) << UInt64(register))
            if register == 0 { zeros += 1 }
        }
        let raw = 0.7213 / (1 + 1.079 / count) * count * count / sum
        if raw <= 2.5 * count && zeros > 0 { return count * log(count / zeros) }
        return raw
    }
}
