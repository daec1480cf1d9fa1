// Slots: what the threads of a job keep apart: a place for each worker, or for each task. An array
// will not do: to write one of its elements is to write the array, whoever has the others; two
// threads that do so at once may both find it shared with a reader, copy it, and lose what the
// other one wrote.

/// A fixed number of places, of which every thread uses its own.
final class Slots<Element>: @unchecked Sendable {
    // Sendable: no place is used by two threads at the same time; whose it is, and who reads when
    // all have ended, is up to the job.
    private let places: UnsafeMutablePointer<Element>
    /// How many places there are.
    let count: Int

    init(repeating element: Element, count: Int) {
        precondition(count >= 0, "\(count) places")
        self.count = count
        places = .allocate(capacity: count)
        places.initialize(repeating: element, count: count)
    }

    deinit {
        places.deinitialize(count: count)
        places.deallocate()
    }

    /// One place.
    subscript(index: Int) -> Element {
        get {
            precondition(0 <= index && index < count, "place \(index) of \(count)")
            return places[index]
        }
        set {
            precondition(0 <= index && index < count, "place \(index) of \(count)")
            places[index] = newValue
        }
    }

    /// The numbers of all places.
    var indices: Range<Int> { 0 ..< count }
}
