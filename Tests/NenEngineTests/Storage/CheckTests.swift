// Goal: the check of pages finds what is planted and nothing else. A forked child may not use its
// parent's store.
import CNenKernels
import Glibc
import NenCore
import Testing

@testable import NenEngine

@Suite struct CheckTests {
    @Test func findsDamageLossAndDoubleUse() throws {
        let tree = CounterTree()
        let store = try PageStore.inMemory(options: StoreOptions(), owner: tree)
        try tree.transfer([.init(from: 1, to: 500, amount: 3)], in: store)
        #expect(try store.checkPages() == [])

        let root = try store.pin().root
        let page = UnsafeMutableRawPointer(mutating: store.base) + Int(root.page) * pageByteCount
        let leaf = ExtentDescriptor(from: page + 8)
        let bytes = UnsafeMutableRawPointer(mutating: store.base) + Int(leaf.page) * pageByteCount
        bytes.storeBytes(of: 77, as: Int64.self)
        #expect(try store.checkPages() == ["the 512 bytes at page \(leaf.page) are damaged"])
        bytes.storeBytes(of: tree.initial, as: Int64.self)

        // The second leaf now is the first once more.
        let second = ExtentDescriptor(from: page + 8 + ExtentDescriptor.byteWidth)
        leaf.store(to: page + 8 + ExtentDescriptor.byteWidth)
        let flaws = try store.checkPages()
        #expect(flaws.contains("1 pages at \(leaf.page) are in use twice"))
        #expect(flaws.contains("1 pages at \(second.page) are marked used and lost"))
        second.store(to: page + 8 + ExtentDescriptor.byteWidth)
        #expect(try store.checkPages() == [])
    }

    @Test func aForkedChildIsRefused() throws {
        typealias Fork = @convention(c) () -> pid_t
        let symbol = try #require(dlsym(nil, "fork"))
        let fork = unsafeBitCast(symbol, to: Fork.self)
        let workload = CounterWorkload(disk: SimulatedDisk(), seed: 5)
        try workload.open()
        try workload.step()
        let store = try #require(workload.store)
        let pin = try store.pin()
        let child = fork()
        if child == 0 {
            var refusals: Int32 = 0
            do { _ = try store.pin() } catch { refusals += 1 }
            do { _ = try store.beginWrite() } catch { refusals += 1 }
            try? store.close()
            _exit(refusals)
        }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        #expect(status >> 8 & 0xFF == 2, "status \(status)")
        try workload.step()
        #expect(try workload.tree.values(of: pin.root, in: store) == workload.states[2])
        try workload.close()
    }
}
