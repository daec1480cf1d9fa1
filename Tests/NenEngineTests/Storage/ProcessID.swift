import Glibc

/// This process's number, as error messages name it.
enum ProcessID {
    static var own: Int32 { getpid() }
}
