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
    private final let course = Mutex(Course())
    fileprivate final let workerLimit: Int
    /// The statement that all its threads work on.
    private final let interruption = Interruption.current

    /// Who is at what, and what has failed.
    private struct Course {
        /// The first task, by number, that has failed.
        var failure: (task: Int, error: NQLError)?
        /// By worker: its task, and the switch that stops it.
        var running: [Int: (task: Int, part: Interruption)] = [:]
    }

    /// - Parameter workers: most threads that work on it, the calling one included.
    init(taskCount: Int, workers: Int) {
        self.taskCount = taskCount
        workerLimit = workers
    }

    /// Does one task. `worker` is below the number of workers, and no two threads have the same.
    func run(task: Int, worker: Int) throws(NQLError) {
        preconditionFailure("a job without run")
    }

    /// Takes a worker number; nil when enough threads are at work.
    fileprivate final func join() -> Int? {
        let number = nextWorker.wrappingAdd(1, ordering: .relaxed).oldValue
        return number < workerLimit ? number : nil
    }

    fileprivate final var hasTasks: Bool { nextTask.load(ordering: .relaxed) < taskCount }
    fileprivate final var isDone: Bool { doneCount.load(ordering: .acquiring) >= taskCount }

    /// Works until no task is left; true when it finished the last one.
    fileprivate final func work(_ worker: Int) -> Bool {
        // A part can be stopped alone, when an earlier task fails.
        guard let part = interruption?.part() else { return finishTasks(worker, nil) }
        return part.run { finishTasks(worker, part) }
    }

    @inline(never)
    private final func finishTasks(_ worker: Int, _ part: Interruption?) -> Bool {
        var isLast = false
        while true {
            let task = nextTask.wrappingAdd(1, ordering: .relaxed).oldValue
            if task >= taskCount { return isLast }
            if begin(task, worker, part) {
                do {
                    try run(task: task, worker: worker)
                } catch {
                    fail(task, error)
                }
                course.withLock { $0.running[worker] = nil }
            }
            let done = doneCount.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue
            isLast = done == taskCount
        }
    }

    /// False when an earlier task has failed, so that nobody will ask for this one.
    private final func begin(_ task: Int, _ worker: Int, _ part: Interruption?) -> Bool {
        course.withLock { course in
            if let failure = course.failure, failure.task < task { return false }
            if let part { course.running[worker] = (task, part) }
            return true
        }
    }

    /// Keeps the error of the first task by number, as one thread would have met it, and stops the
    /// tasks behind it.
    private final func fail(_ task: Int, _ error: NQLError) {
        course.withLock { course in
            if let known = course.failure, known.task < task { return }
            course.failure = (task, error)
            for one in course.running.values where one.task > task { one.part.stop() }
        }
    }

    fileprivate final func throwFailure() throws(NQLError) {
        if let failure = course.withLock({ $0.failure }) { throw failure.error }
    }
}

/// A job whose tasks are calls of one closure.
final class TaskJob: ParallelJob, @unchecked Sendable {
    // Sendable: the closure is told to touch only what belongs to the task or to the worker.
    private let body: (_ task: Int, _ worker: Int) throws(NQLError) -> Void

    private init(
        taskCount: Int, workers: Int, _ body: @escaping (Int, Int) throws(NQLError) -> Void
    ) {
        self.body = body
        super.init(taskCount: taskCount, workers: workers)
    }

    override func run(task: Int, worker: Int) throws(NQLError) { try body(task, worker) }

    /// Calls `body` with each task's number and that of a worker, on up to `threads` threads at a
    /// time.
    ///
    /// - Throws: what the first task that fails throws.
    static func run(
        _ taskCount: Int, threads: Int,
        _ body: @escaping (_ task: Int, _ worker: Int) throws(NQLError) -> Void
    ) throws(NQLError) {
        try WorkerPool.shared.run(TaskJob(taskCount: taskCount, workers: threads, body))
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

    /// A job that has tasks and takes another worker; called under the lock.
    private func place() -> (job: ParallelJob, worker: Int)? {
        for job in jobs where job.hasTasks {
            if let worker = job.join() { return (job, worker) }
        }
        return nil
    }

    private func serve() {
        pthread_mutex_lock(lock)
        while true {
            guard let (job, worker) = place() else {
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
