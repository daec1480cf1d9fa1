import NenCore
final class StoreDisk: @unchecked Sendable {
    struct Data { func byteCount() throws -> Int { 0 } }
    let data = Data()
    func acquireWriteLock(for store: PageStore, until limit: UInt64) throws {}
    func writerLeft(_ store: PageStore) {}
    func isAlive(process: Int) -> Bool { true }
    func growData(fromPages: Int, toPages: Int) throws {}
    func write(_ images: [PageImage]) throws {}
}
extension PageStore {
    func commit(_ transaction: PageTransaction, root: ExtentDescriptor, bulk: Bool) throws {
        let record = RootRecord(
            transaction: transaction.number, root: root, logEnd: 0, logChain: 0)
        state.withLock {
            adopt(transaction, as: record)
            shared.publish(record)
        }
        leaveWriter()
    }
    func checkpoint() throws { try checkUsable() }
    func close() throws {
        state.withLock { isClosed = true }
    }
    func tearDown() {}
}
