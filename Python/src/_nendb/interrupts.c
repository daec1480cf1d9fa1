/* Ctrl-C while a statement runs. Python's own handler only notes the signal, and nothing looks at
 * the note before the statement's end. So for as long as the main thread waits for the engine, a
 * handler stands before Python's: it tells the engine, which is one atomic store, and goes on to
 * Python's, so that KeyboardInterrupt is raised when the engine has returned. */

#include "extension.h"

#include <signal.h>

static unsigned long main_thread;
static nen_session *_Atomic waiting;
static struct sigaction before;

bool remember_main_thread(void) {
    PyObject *threading = PyImport_ImportModule("threading");
    PyObject *thread = threading ? PyObject_CallMethod(threading, "main_thread", NULL) : NULL;
    PyObject *identity = thread ? PyObject_GetAttrString(thread, "ident") : NULL;
    if (identity) main_thread = PyLong_AsUnsignedLong(identity);
    Py_XDECREF(threading);
    Py_XDECREF(thread);
    Py_XDECREF(identity);
    return !PyErr_Occurred();
}

static void on_interrupt(int signal, siginfo_t *info, void *context) {
    nen_session *session = waiting;
    if (session) nen_interrupt(session);
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(signal, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(signal);
    }
}

bool watch_interrupts(nen_session *session) {
    if (PyThread_get_thread_ident() != main_thread || waiting) return false;
    if (sigaction(SIGINT, NULL, &before)) return false;
    bool is_handled = before.sa_flags & SA_SIGINFO
        || (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN);
    if (!is_handled) return false;
    struct sigaction action = {.sa_sigaction = on_interrupt, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    waiting = session;
    if (sigaction(SIGINT, &action, NULL) == 0) return true;
    waiting = NULL;
    return false;
}

void unwatch_interrupts(void) {
    sigaction(SIGINT, &before, NULL);
    waiting = NULL;
}
