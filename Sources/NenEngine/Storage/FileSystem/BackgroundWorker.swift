// BackgroundWorker: a thread that runs one piece of work whenever it is signalled. Signals that
// come while it works are answered together by one more run.
import CNenKernels
import Glibc

/// Starts its thread at the first signal.
final class BackgroundWorker: @unchecked Sendable {
    private let monitor = Monitor()
    private let work: @Sendable () -> Void
    /// Time between a signal and the work it asks for.
    private let delayMilliseconds: Int
    /// Whether the work may be left undone where the system has no thread for it.
    private let isOptional: Bool
    private let forkGeneration = nen_fork_generation()
    private var thread: pthread_t?
    private var isSignalled = false
    private var isStopped = false

    init(
        delayMilliseconds: Int = 0, isOptional: Bool = false,
        work: @escaping @Sendable () -> Void
    ) {
        self.work = work
        self.isOptional = isOptional
        self.delayMilliseconds = delayMilliseconds
    }

    func signal() {
        // A child of fork has no such thread, and the lock may be taken for ever.
        if nen_fork_generation() != forkGeneration { return }
        monitor.lock()
        guard !isStopped, !isSignalled else { return monitor.unlock() }
        isSignalled = true
        if thread != nil {
            monitor.signalAll()
        } else if !start() {
            // The system has no thread: then the caller does the work.
            isSignalled = false
            monitor.unlock()
            return isOptional ? () : work()
        }
        monitor.unlock()
    }

    private static let stackByteCount = 1 << 20

    /// False when the system refuses a thread.
    private func start() -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, BackgroundWorker.stackByteCount)
        let context = Unmanaged.passRetained(self).toOpaque()
        var created = pthread_t()
        let result = pthread_create(&created, &attributes, { context in
            guard let context else { return nil }
            Unmanaged<BackgroundWorker>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, context)
        guard result == 0 else {
            Unmanaged<BackgroundWorker>.fromOpaque(context).release()
            return false
        }
        thread = created
        return true
    }

    private func run() {
        monitor.lock()
        while !isStopped {
            if !isSignalled {
                monitor.wait()
                continue
            }
            if delayMilliseconds > 0 {
                let limit = deadline(inMilliseconds: delayMilliseconds)
                while !isStopped, monitor.wait(until: limit) {}
                if isStopped { break }
            }
            isSignalled = false
            monitor.unlock()
            work()
            monitor.lock()
        }
        monitor.unlock()
    }

    /// Ends the thread after the work it is at; signals from now on do nothing.
    func stop() {
        if nen_fork_generation() != forkGeneration { return }
        monitor.lock()
        isStopped = true
        monitor.signalAll()
        let running = thread
        thread = nil
        monitor.unlock()
        guard let running else { return }
        if pthread_equal(running, pthread_self()) != 0 {
            pthread_detach(running)
        } else {
            pthread_join(running, nil)
        }
    }
}
