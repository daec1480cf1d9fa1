// ProcessID: glibc behind a name, so that test files need not import it for one call.

import Glibc

/// This process's number, as error messages name it.
enum ProcessID {
    static var own: Int32 { getpid() }
}
