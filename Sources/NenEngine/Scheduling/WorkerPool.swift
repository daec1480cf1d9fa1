// WorkerPool: a fixed set of threads that help the calling thread with the tasks of a job. Tasks
// are handed out by one atomic counter; a job ends when all its tasks are done, whether or not
// every thread has woken up.

import Glibc
import NenCore
import Synchronization

/// Work cut into numbered tasks; subclasses implement `run`.
class ParallelJob: @unchecked Sendable {
    // Sendable: counters are atomic, the first error is behind a lock, and subclasses keep the
    // state of a task or of a worker in places of its own.
    final let taskCount: Int
    private final let nextTask = Atomic<Int>(0)
    private final let nextWorker = Atomic<Int>(1)
    private final let doneCount = Atomic<Int>(0)
    private final let failure = Mutex<NQLError?>(nil)
    fileprivate final let workerLimit: Int
    /// The statement that all its threads work on.
    private final let interruption = Interruption.current

    /// - Parameter workers: most threads that work on it, the calling one included.
    init(taskCount: Int, workers: Int) {
        self.taskCount = taskCount
        workerLimit = workers
    }

    /// Does one task. `worker` is below the number of workers, and no two threads have the same.
    func run(task: Int, worker: Int) throws(NQLError) {
        preconditionFailure("a job without run")
    }

    /// Called once when a task fails, to make the others stop early.
    func cancel() {}

    /// Takes a worker number; nil when enough threads are at work.
    fileprivate final func join() -> Int? {
        let number = nextWorker.wrappingAdd(1, ordering: .relaxed).oldValue
        return number < workerLimit ? number : nil
    }

    fileprivate final var hasTasks: Bool { nextTask.load(ordering: .relaxed) < taskCount }
    fileprivate final var isDone: Bool { doneCount.load(ordering: .acquiring) >= taskCount }

    /// Works until no task is left; true when it finished the last one.
    fileprivate final func work(_ worker: Int) -> Bool {
        guard let interruption else { return finishTasks(worker) }
        return interruption.run { finishTasks(worker) }
    }

    @inline(never)
    private final func finishTasks(_ worker: Int) -> Bool {
        var isLast = false
        while true {
            let task = nextTask.wrappingAdd(1, ordering: .relaxed).oldValue
            if task >= taskCount { return isLast }
            let hasFailed = failure.withLock { $0 != nil }
            if !hasFailed {
                do {
                    try run(task: task, worker: worker)
                } catch {
                    failure.withLock { if $0 == nil { $0 = error } }
                    cancel()
                }
            }
            let done = doneCount.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue
            isLast = done == taskCount
        }
    }

    fileprivate final func throwFailure() throws(NQLError) {
        if let error = failure.withLock({ $0 }) { throw error }
    }
}

/// The process's helper threads.
final class WorkerPool: @unchecked Sendable {
    // Sendable: `jobs` and `threadCount` are only touched under `lock`.
    static let shared = WorkerPool()

    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let workCame = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let jobEnded = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [ParallelJob] = []
    private var threadCount = 0

    private static let threadCountMax = 256

    private init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(workCame, nil)
        pthread_cond_init(jobEnded, nil)
    }

    /// Runs all tasks of a job on this thread and helpers; returns when all are done.
    ///
    /// - Throws: the first error of a task.
    func run(_ job: ParallelJob) throws(NQLError) {
        if job.workerLimit > 1 && job.taskCount > 1 {
            pthread_mutex_lock(lock)
            start(min(job.workerLimit - 1, WorkerPool.threadCountMax))
            jobs.append(job)
            pthread_cond_broadcast(workCame)
            pthread_mutex_unlock(lock)
        }
        _ = job.work(0)
        if job.workerLimit > 1 && job.taskCount > 1 {
            pthread_mutex_lock(lock)
            jobs.removeAll { $0 === job }
            while !job.isDone { pthread_cond_wait(jobEnded, lock) }
            pthread_mutex_unlock(lock)
        }
        try job.throwFailure()
    }

    /// Makes sure of so many helper threads; called under the lock.
    private func start(_ wanted: Int) {
        guard threadCount < wanted, AddressSpace.allowsHelperThreads else { return }
        while threadCount < wanted {
            var thread = pthread_t()
            var attributes = pthread_attr_t()
            pthread_attr_init(&attributes)
            pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
            pthread_attr_setstacksize(&attributes, 8 << 20)
            let status = pthread_create(&thread, &attributes, { _ in
                WorkerPool.shared.serve()
                return nil
            }, nil)
            pthread_attr_destroy(&attributes)
            // Without more threads the calling one does the work alone.
            if status != 0 { return }
            threadCount += 1
        }
    }

    private func serve() {
        pthread_mutex_lock(lock)
        while true {
            guard let job = jobs.first(where: { $0.hasTasks }), let worker = job.join() else {
                pthread_cond_wait(workCame, lock)
                continue
            }
            pthread_mutex_unlock(lock)
            let isLast = job.work(worker)
            pthread_mutex_lock(lock)
            if isLast { pthread_cond_broadcast(jobEnded) }
        }
    }
}
