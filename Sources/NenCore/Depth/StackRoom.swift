// StackRoom: recursion that follows the length of a statement never overflows a stack. A function
// that calls itself once for each clause, operator or element asks here first; where too little of
// the thread's stack is left, the rest of the recursion runs on a fresh thread of a declared size,
// and the caller waits. (Rust's compiler does the same: `ensure_sufficient_stack`.)
//
// One operator's `pull` takes a few hundred bytes of stack in release builds and about a kilobyte
// in debug builds (estimates); chains of 50,000 clauses run in both.

import CNenKernels
import Glibc

/// Answers how much stack the running thread has left, and goes on where there is more.
public enum StackRoom {
    /// Bytes that must be left when a recursive call goes on where it is: enough for all that is
    /// called between two questions, the deepest expression (256 operations) included.
    public static let leastBytes = 224 << 10
    /// Bytes of a fresh stack; address space only until they are used.
    public static let segmentBytes = 64 << 20
    /// Stacks that one recursion may use: 2 GiB together.
    public static let segmentsMax = 32

    /// How many stacks stand below the running one.
    private static let levelKey: pthread_key_t = {
        var key = pthread_key_t()
        let status = pthread_key_create(&key, nil)
        precondition(status == 0, "no thread-specific key: error \(status)")
        return key
    }()

    /// Whether too little of this thread's stack is left for another level.
    public static var isLow: Bool { nen_stack_is_low(leastBytes) }

    /// Runs `body` on a fresh stack and waits for it.
    ///
    /// - Throws: what `body` throws; `MemoryLimitExceeded` when the system refuses a stack or the
    ///   recursion has used up all it may have.
    public static func extended<Output>(
        _ body: () throws(NQLError) -> Output
    ) throws(NQLError) -> Output {
        let level = Int(bitPattern: pthread_getspecific(levelKey)) + 1
        guard level <= segmentsMax else { throw refused(level * segmentBytes) }
        var outcome: Result<Output, NQLError>?
        // The other thread works on the same statement and for the same writer.
        let interruption = Interruption.current
        let account = nen_writer_account()
        let isDone = runElsewhere(level: level) {
            nen_set_writer_account(account)
            do throws(NQLError) {
                if let interruption {
                    outcome = .success(try interruption.run(body))
                } else {
                    outcome = .success(try body())
                }
            } catch {
                outcome = .failure(error)
            }
        }
        guard isDone, let outcome else { throw refused(segmentBytes) }
        return try outcome.get()
    }

    private static func refused(_ bytes: Int) -> NQLError {
        .runtime(
            .memory, "OutOfMemory",
            "The statement is too deep: the system refused a stack of \(bytes) bytes for it.",
            hint: "Cut the statement into several.")
    }

    private final class Call: @unchecked Sendable {
        // Sendable: handed to one thread, which the caller waits for.
        let level: Int
        let body: () -> Void
        init(level: Int, body: @escaping () -> Void) {
            self.level = level
            self.body = body
        }
    }

    /// Whether a thread could be started for `body`, which has ended then.
    private static func runElsewhere(level: Int, _ body: () -> Void) -> Bool {
        withoutActuallyEscaping(body) { body in
            var attributes = pthread_attr_t()
            guard pthread_attr_init(&attributes) == 0 else { return false }
            defer { pthread_attr_destroy(&attributes) }
            guard pthread_attr_setstacksize(&attributes, segmentBytes) == 0 else { return false }
            let call = Unmanaged.passRetained(Call(level: level, body: body))
            var thread = pthread_t()
            let status = pthread_create(
                &thread, &attributes,
                { raw in
                    if let raw {
                        let call = Unmanaged<Call>.fromOpaque(raw).takeRetainedValue()
                        pthread_setspecific(
                            StackRoom.levelKey, UnsafeRawPointer(bitPattern: call.level))
                        call.body()
                    }
                    return nil
                }, call.toOpaque())
            guard status == 0 else {
                call.release()
                return false
            }
            pthread_join(thread, nil)
            return true
        }
    }
}
