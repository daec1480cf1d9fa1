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
    private var thread: pthread_t?
    private var isSignalled = false
    private var isStopped = false

    init(delayMilliseconds: Int = 0, work: @escaping @Sendable () -> Void) {
        self.work = work
        self.delayMilliseconds = delayMilliseconds
    }

    func signal() {
        monitor.lock()
        defer { monitor.unlock() }
        guard !isStopped, !isSignalled else { return }
        isSignalled = true
        if thread == nil { start() } else { monitor.signalAll() }
    }

    private func start() {
        let context = Unmanaged.passRetained(self).toOpaque()
        var created = pthread_t()
        let result = pthread_create(&created, nil, { context in
            guard let context else { return nil }
            Unmanaged<BackgroundWorker>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, context)
        precondition(result == 0, "the system refused a thread: \(result)")
        thread = created
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
