// Goal: the checksum kernel computes CRC32C for every length and alignment, in one go and in parts.
// Method: the bit-by-bit definition as model, the standard's check value, random data and cuts.

import CNenKernels
import Testing

@Suite struct CRC32CTests {
    /// CRC32C by its definition, one bit at a time.
    static func model(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0 ..< 8 {
                let odd = sum & 1 == 1
                sum >>= 1
                if odd { sum ^= 0x82F6_3B78 }
            }
        }
        return ~sum
    }

    static func kernel(_ bytes: ArraySlice<UInt8>, seed: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { nen_crc32c(seed, $0.baseAddress, $0.count) }
    }

    @Test func standardCheckValue() {
        #expect(CRC32CTests.kernel(Array("123456789".utf8)[...]) == 0xE306_9283)
        #expect(CRC32CTests.kernel([]) == 0)
    }

    @Test func equalsTheDefinitionForAllLengthsAndCuts() {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var state = seed
        let bytes = (0 ..< 20_000).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        for length in [1, 7, 8, 9, 63, 1_359, 4_079, 4_080, 4_081, 4_096, 8_160, 16_384] {
            let start = Int(state >> 40) % 64
            state = state &* 6_364_136_223_846_793_005 &+ 1
            let slice = bytes[start ..< start + length]
            let expected = CRC32CTests.model(slice)
            #expect(CRC32CTests.kernel(slice) == expected, "\(length) bytes at \(start)")
            let cut = start + Int(state >> 40) % length
            let first = CRC32CTests.kernel(bytes[start ..< cut])
            let whole = CRC32CTests.kernel(bytes[cut ..< start + length], seed: first)
            #expect(whole == expected, "\(length) bytes cut at \(cut - start)")
        }
    }
}
