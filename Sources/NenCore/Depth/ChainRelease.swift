// ChainRelease: long chains of objects are taken apart one by one. An object that holds the next
// one would release it from its own deinit, that one the next, and so on, one stack frame for each;
// here the first deinit of a chain keeps a list, the others put what they hold on it.

import Glibc

/// Releases objects after the deinit that is running, not within it.
public enum ChainRelease {
    /// Chains shorter than this are released as they are.
    public static let depthMin = 64

    private final class Waiting {
        var objects: [AnyObject] = []
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let status = pthread_key_create(&key, nil)
        precondition(status == 0, "no thread-specific key: error \(status)")
        return key
    }()

    /// Takes the links out of an object whose deinit is running, and releases them later.
    public static func release<Link: AnyObject>(_ links: inout [Link]) {
        let known = pthread_getspecific(key)
        let waiting = known.map { Unmanaged<Waiting>.fromOpaque($0).takeUnretainedValue() }
            ?? Waiting()
        for link in links { waiting.objects.append(link) }
        links = []
        if known != nil { return }
        pthread_setspecific(key, Unmanaged.passUnretained(waiting).toOpaque())
        while !waiting.objects.isEmpty { waiting.objects.removeLast() }
        pthread_setspecific(key, nil)
    }
}
