// Goal: what the operating system does to a mapped file becomes a typed error, not a signal.
import CNenKernels
import Glibc
import NenCore
import Testing

@testable import NenEngine

@Suite struct RegionTests {
    @Test func aTruncatedFileFaultsInsteadOfKilling() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/bank.nen"
        let tree = CounterTree()
        let store = try PageStore.open(
            path: path, options: StoreOptions(), fileSystem: RealFileSystem.shared, owner: tree)
        let pin = try store.pin()
        #expect(store.fault == nil)
        #expect(truncate(path, 4_096) == 0)
        // An address that was verified before is read without a check: the guard catches it.
        let address = store.base + Int(pin.root.page) * pageByteCount
        #expect(address.load(as: UInt32.self) == 0)
        #expect(store.fault?.code == .io)
        let extent = ExtentDescriptor(page: 200, byteCount: 8_000, checksum: 1, birth: 1)
        let refused = #expect(throws: NQLError.self) { _ = try store.verified(extent) }
        #expect(refused?.code == .corruption)
        store.abandon()
    }

    @Test func growthIsSeenThroughTheSameMapping() throws {
        let directory = try TemporaryDirectory()
        let file = try RealFileSystem.shared.open(directory.path + "/bank.nen", .create)
        let region = try Region(mapping: file)
        for step in 1...5 {
            try file.allocate(from: (step - 1) << 20, to: step << 20)
            let bytes = [UInt8](repeating: UInt8(step), count: 4_096)
            try bytes.withUnsafeBytes { try file.writeAll($0, at: (step << 20) - 4_096) }
            let last = region.base.load(fromByteOffset: (step << 20) - 1, as: UInt8.self)
            #expect(last == UInt8(step))
        }
        #expect(region.faultCount == 0)
    }

    @Test func descriptorsCloseOnExec() throws {
        let directory = try TemporaryDirectory()
        let file = try RealFileSystem.shared.open(directory.path + "/bank.nen", .create)
        let real = try #require(file as? RealFile)
        #expect(nen_descriptor_flags(real.descriptor) & FD_CLOEXEC != 0)
    }
}
