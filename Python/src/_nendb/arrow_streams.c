/* Arrow streams as capsules of Python, both ways: https://arrow.apache.org/docs/format/
 * CDataInterface/PyCapsuleInterface.html. */

#include "extension.h"

#include <stdlib.h>
#include <string.h>

static const char stream_name[] = "arrow_array_stream";

static void free_capsule(PyObject *capsule) {
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, stream_name);
    if (stream && stream->release) stream->release(stream);
    free(stream);
}

PyObject *stream_capsule(struct ArrowArrayStream *stream) {
    PyObject *capsule = PyCapsule_New(stream, stream_name, free_capsule);
    if (!capsule) {
        stream->release(stream);
        free(stream);
    }
    return capsule;
}

static void free_schema(PyObject *capsule) {
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema && schema->release) schema->release(schema);
    free(schema);
}

PyObject *schema_capsule(struct ArrowArrayStream *stream) {
    struct ArrowSchema *schema = calloc(1, sizeof *schema);
    if (!schema) return PyErr_NoMemory();
    if (stream->get_schema(stream, schema)) {
        const char *text = stream->get_last_error(stream);
        free(schema);
        return raise_interface(
            "Read the rows in another way.", "The rows have no Arrow schema: %s",
            text ? text : "unknown");
    }
    PyObject *capsule = PyCapsule_New(schema, "arrow_schema", free_schema);
    if (!capsule) {
        schema->release(schema);
        free(schema);
    }
    return capsule;
}

/* MARK: Streams of results */

typedef struct {
    struct ArrowArrayStream inner;
    nen_session *session;
    PyObject *owner;
} Watched;

static int watched_schema(struct ArrowArrayStream *stream, struct ArrowSchema *schema) {
    Watched *watched = stream->private_data;
    return watched->inner.get_schema(&watched->inner, schema);
}

static int watched_next(struct ArrowArrayStream *stream, struct ArrowArray *array) {
    Watched *watched = stream->private_data;
    bool is_watched = watch_interrupts(watched->session);
    int status = watched->inner.get_next(&watched->inner, array);
    if (is_watched) unwatch_interrupts();
    return status;
}

static const char *watched_error(struct ArrowArrayStream *stream) {
    Watched *watched = stream->private_data;
    return watched->inner.get_last_error(&watched->inner);
}

/* Readers release streams on any thread, with and without the GIL. */
static void watched_release(struct ArrowArrayStream *stream) {
    Watched *watched = stream->private_data;
    watched->inner.release(&watched->inner);
    if (Py_IsInitialized()) {
        PyGILState_STATE state = PyGILState_Ensure();
        Py_DECREF(watched->owner);
        PyGILState_Release(state);
    }
    free(watched);
    stream->release = NULL;
}

PyObject *watched_stream(struct ArrowArrayStream *stream, PyObject *session) {
    Watched *watched = malloc(sizeof *watched);
    if (!watched) {
        stream->release(stream);
        free(stream);
        return PyErr_NoMemory();
    }
    Py_INCREF(session);
    *watched = (Watched){*stream, ((SessionObject *)session)->session, session};
    *stream = (struct ArrowArrayStream){
        watched_schema, watched_next, watched_error, watched_release, watched};
    return stream_capsule(stream);
}

/* MARK: Streams of others */

/* A stream of one array, which `__arrow_c_array__` gave. */
typedef struct {
    struct ArrowSchema schema;
    struct ArrowArray array;
} Single;

static int single_schema(struct ArrowArrayStream *stream, struct ArrowSchema *schema) {
    Single *single = stream->private_data;
    *schema = single->schema;
    single->schema.release = NULL;
    return 0;
}

static int single_next(struct ArrowArrayStream *stream, struct ArrowArray *array) {
    Single *single = stream->private_data;
    *array = single->array;
    single->array.release = NULL;
    return 0;
}

static const char *single_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return NULL;
}

static void single_release(struct ArrowArrayStream *stream) {
    Single *single = stream->private_data;
    if (single->schema.release) single->schema.release(&single->schema);
    if (single->array.release) single->array.release(&single->array);
    free(single);
    stream->release = NULL;
}

static PyObject *capsule_of_pair(PyObject *pair) {
    if (!PyTuple_Check(pair) || PyTuple_Size(pair) != 2) {
        return raise_interface(
            "The Arrow protocol wants a pair of capsules.", "`__arrow_c_array__` gave %R.", pair);
    }
    struct ArrowSchema *schema =
        PyCapsule_GetPointer(PyTuple_GetItem(pair, 0), "arrow_schema");
    struct ArrowArray *array =
        schema ? PyCapsule_GetPointer(PyTuple_GetItem(pair, 1), "arrow_array") : NULL;
    if (!array) return NULL;
    Single *single = malloc(sizeof *single);
    struct ArrowArrayStream *stream = malloc(sizeof *stream);
    if (!single || !stream) {
        free(single);
        free(stream);
        return PyErr_NoMemory();
    }
    *single = (Single){*schema, *array};
    schema->release = NULL;
    array->release = NULL;
    *stream = (struct ArrowArrayStream){
        single_schema, single_next, single_error, single_release, single};
    return stream_capsule(stream);
}

static PyObject *capsule_of(PyObject *source) {
    if (PyCapsule_IsValid(source, stream_name)) {
        Py_INCREF(source);
        return source;
    }
    if (PyObject_HasAttrString(source, "__arrow_c_stream__")) {
        return PyObject_CallMethod(source, "__arrow_c_stream__", NULL);
    }
    if (PyObject_HasAttrString(source, "__arrow_c_array__")) {
        PyObject *pair = PyObject_CallMethod(source, "__arrow_c_array__", NULL);
        PyObject *capsule = pair ? capsule_of_pair(pair) : NULL;
        Py_XDECREF(pair);
        return capsule;
    }
    return raise_interface(
        "Pass a DataFrame, a table of pyarrow, a dict of columns, or a list of dicts.",
        "%R is no Arrow table.", source);
}

struct ArrowArrayStream *stream_of(PyObject *source, PyObject **owner) {
    *owner = capsule_of(source);
    struct ArrowArrayStream *stream = *owner ? PyCapsule_GetPointer(*owner, stream_name) : NULL;
    if (stream && stream->release) return stream;
    if (stream) raise_interface("Make it anew.", "The Arrow stream was read already.");
    Py_CLEAR(*owner);
    return NULL;
}
