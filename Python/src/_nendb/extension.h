/* What the files of the extension share. It is thin: handles of `nendb.h` as Python objects, values
 * both ways, and Arrow streams as capsules; all else is Python. It uses the limited API only, so
 * that one binary serves every CPython from 3.10 on. */

#ifndef NENDB_EXTENSION_H
#define NENDB_EXTENSION_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <nendb.h>
#include <stdbool.h>
#include <stdint.h>

/* MARK: errors.c */

/* Raises the exception for an error of the engine, which is freed; KeyboardInterrupt where that is
 * what ended the statement. NULL. */
void *raise_error(nen_error *error);
/* Raises `nendb.InterfaceError` with a message, formatted as by `PyUnicode_FromFormat`, and what to
 * do about it. NULL. */
void *raise_interface(const char *hint, const char *format, ...);
bool load_errors(void);

/* MARK: interrupts.c */

bool remember_main_thread(void);
/* Makes Ctrl-C interrupt the session, on the main thread; whether `unwatch_interrupts` has to be
 * called. With the GIL held. */
bool watch_interrupts(nen_session *session);
void unwatch_interrupts(void);

/* A session with what keeps Python's side of it alive. */
typedef struct SessionObject {
    PyObject_HEAD
    nen_session *session;
    PyObject *database;
    /* Statements that threads are running in it: one at most, where nobody misuses it. */
    int running;
    struct SessionObject *next, *previous;
} SessionObject;

/* Runs a statement that may take long: without the GIL, interrupted by Ctrl-C and by
 * `Database.interrupt`. */
#define WITHOUT_GIL(owner, work)                                                                   \
    do {                                                                                           \
        SessionObject *caller = (owner);                                                           \
        bool is_watched = watch_interrupts(caller->session);                                       \
        caller->running++;                                                                         \
        Py_BEGIN_ALLOW_THREADS work;                                                               \
        Py_END_ALLOW_THREADS caller->running--;                                                    \
        if (is_watched) unwatch_interrupts();                                                      \
    } while (0)

/* MARK: parameters.c */

/* Writes a value of Python; false and an exception where NQL has none. */
bool put_value(nen_writer *writer, PyObject *value, int depth);
/* Writes the values of a mapping, or of None, as parameters. */
bool put_parameters(nen_writer *writer, PyObject *parameters);
bool load_parameters(void);
/* An integer of 64 bits, else a typed error. */
bool int64_of(PyObject *value, int64_t *number);
/* The text as UTF-8, else a typed error and NULL. */
const char *utf8_of(PyObject *value, Py_ssize_t *length);

/* MARK: values.c */

/* The value as an object of Python; NULL and an exception. */
PyObject *value_of(const nen_value *value);
/* Dates and times by their numbers, as `datetime` or as `Temporal`: see temporal.c. */
PyObject *date_object(int64_t days);
PyObject *time_object(int64_t nanosecond_of_day, bool has_offset, int32_t offset);
PyObject *local_datetime_object(int64_t seconds, int32_t nanosecond);
PyObject *datetime_object(
    int64_t seconds, int32_t nanosecond, int32_t offset, const char *zone, size_t zone_length);
bool load_values(void);
bool load_temporal(void);

/* MARK: temporal.c, the other way */

typedef enum { NOT_TEMPORAL, PUT, PUT_FAILED } TemporalOutcome;
/* Writes a value of `datetime`, `Duration`, `Point` or `Temporal`. */
TemporalOutcome put_temporal(nen_writer *writer, PyObject *value);

/* MARK: handles.c, result.c, functions.c, arrow_*.c */

bool add_handles(PyObject *module);
bool add_result(PyObject *module);
/* A result as an object, which owns it. */
PyObject *result_object(nen_result *result, PyObject *session);
/* The stream as a capsule, which owns it. */
PyObject *stream_capsule(struct ArrowArrayStream *stream);
/* A stream's schema as a capsule. */
PyObject *schema_capsule(struct ArrowArrayStream *stream);
/* The same for the stream of a result, which Ctrl-C interrupts. */
PyObject *watched_stream(struct ArrowArrayStream *stream, PyObject *session);
/* The stream of a capsule or of an object that speaks the Arrow protocol; it is in the capsule
 * `owner`, a new reference. NULL and an exception for anything else. */
struct ArrowArrayStream *stream_of(PyObject *source, PyObject **owner);
PyObject *arrow_columns(PyObject *module, PyObject *columns);
PyObject *register_function(nen_database *database, PyObject *arguments);
/* The texts of a list; the array is to be freed, the texts belong to the list. */
bool texts_of(PyObject *list, const char ***texts, size_t *count);

#endif
