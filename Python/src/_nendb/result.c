/* Results: rows by batches, Arrow streams, and what the statement did. */

#include "extension.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    PyObject_HEAD
    nen_result *result;
    /* The rows as a stream, once its schema was asked for; NULL before and behind. */
    struct ArrowArrayStream *stream;
    size_t rows_per_batch;
    /* Whose statement it is: for Ctrl-C. */
    PyObject *session;
    PyObject *columns;
    /* A list of tuples; NULL where there are none. */
    PyObject *notifications;
    int64_t counters[7];
    bool is_busy;
} ResultObject;

static PyTypeObject *result_type;

static PyObject *notification_list(nen_result *result, size_t count);

PyObject *result_object(nen_result *result, PyObject *session) {
    allocfunc allocate = (allocfunc)PyType_GetSlot(result_type, Py_tp_alloc);
    ResultObject *self = (ResultObject *)allocate(result_type, 0);
    if (!self) {
        nen_result_close(result);
        return NULL;
    }
    self->result = result;
    Py_INCREF(session);
    self->session = session;
    size_t count = nen_result_column_count(result);
    self->columns = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; self->columns && i < count; i++) {
        nen_text name = nen_result_column(result, i);
        PyObject *text = PyUnicode_DecodeUTF8(name.bytes, (Py_ssize_t)name.length, "replace");
        if (text) PyTuple_SetItem(self->columns, (Py_ssize_t)i, text);
        else Py_CLEAR(self->columns);
    }
    nen_result_counters(result, self->counters);
    size_t remarks = nen_result_notification_count(result);
    if (remarks) self->notifications = notification_list(result, remarks);
    if (self->columns && (self->notifications || !remarks)) return (PyObject *)self;
    Py_DECREF(self);
    return NULL;
}

static void free_stream(ResultObject *self) {
    if (!self->stream) return;
    self->stream->release(self->stream);
    free(self->stream);
    self->stream = NULL;
}

static void result_dealloc(PyObject *object) {
    ResultObject *self = (ResultObject *)object;
    PyTypeObject *type = Py_TYPE(object);
    if (self->result) nen_result_close(self->result);
    free_stream(self);
    Py_XDECREF(self->session);
    Py_XDECREF(self->columns);
    Py_XDECREF(self->notifications);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

static SessionObject *session_of(ResultObject *self) { return (SessionObject *)self->session; }

/* Takes the result for one call; false and an error where another thread has it. */
static bool enter(ResultObject *self) {
    if (self->is_busy) {
        raise_interface(
            "Give each thread a result of its own.", "Another thread is reading this result.");
        return false;
    }
    self->is_busy = true;
    return true;
}

/* A row: a tuple of the class that has the names of the columns. */
static PyObject *row_object(PyTypeObject *type, const nen_value *values, Py_ssize_t width) {
    static allocfunc allocate;
    if (!allocate) allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    PyObject *row = allocate(type, width);
    for (Py_ssize_t i = 0; row && i < width; i++) {
        PyObject *value = value_of(&values[i]);
        if (!value) Py_CLEAR(row);
        else PyTuple_SetItem(row, i, value);
    }
    return row;
}

static bool append_rows(
    PyObject *list, PyTypeObject *type, const nen_value *values, size_t count, Py_ssize_t width
) {
    for (size_t i = 0; i < count; i++) {
        PyObject *row = row_object(type, values + i * (size_t)width, width);
        int status = row ? PyList_Append(list, row) : -1;
        Py_XDECREF(row);
        if (status) return false;
    }
    return true;
}

typedef nen_status (*Fetch)(
    nen_result *, size_t, const nen_value **, size_t *, nen_error **);

/* One step of `fetch` or `peek`; false and an exception when it fails. */
static bool fetch_step(
    ResultObject *self, Fetch fetch, size_t most, PyTypeObject *type, PyObject *list,
    size_t *count
) {
    const nen_value *rows = NULL;
    nen_error *error = NULL;
    nen_status status = 0;
    WITHOUT_GIL(session_of(self), status = fetch(self->result, most, &rows, count, &error));
    if (status) {
        raise_error(error);
        return false;
    }
    return append_rows(list, type, rows, *count, PyTuple_Size(self->columns));
}

static PyObject *fetch_rows(ResultObject *self, PyObject *arguments, bool is_peek) {
    Py_ssize_t wanted;
    PyObject *type;
    if (!PyArg_ParseTuple(arguments, "nO", &wanted, &type)) return NULL;
    PyObject *list = PyList_New(0);
    if (!list || !self->result) return list;
    if (!enter(self)) {
        Py_DECREF(list);
        return NULL;
    }
    bool is_good = true;
    if (is_peek) {
        size_t count = 0;
        is_good = fetch_step(
            self, nen_result_peek, (size_t)wanted, (PyTypeObject *)type, list, &count);
    }
    while (is_good && !is_peek && (wanted < 0 || PyList_Size(list) < wanted)) {
        size_t count = 0;
        size_t most = wanted < 0 ? 0 : (size_t)(wanted - PyList_Size(list));
        is_good = fetch_step(self, nen_result_fetch, most, (PyTypeObject *)type, list, &count);
        if (count == 0) break;
    }
    self->is_busy = false;
    if (is_good) return list;
    Py_DECREF(list);
    return NULL;
}

static PyObject *result_fetch(PyObject *self, PyObject *arguments) {
    return fetch_rows((ResultObject *)self, arguments, false);
}

static PyObject *result_peek(PyObject *self, PyObject *arguments) {
    return fetch_rows((ResultObject *)self, arguments, true);
}

/* Turns the result into a stream, which has the rows from then on. */
static bool open_stream(ResultObject *self, size_t rows_per_batch) {
    if (self->stream && self->rows_per_batch == rows_per_batch) return true;
    if (!self->result) {
        raise_interface(
            "Run the statement again.", "The rows of this result were read or given up already.");
        return false;
    }
    if (!enter(self)) return false;
    struct ArrowArrayStream *stream = calloc(1, sizeof *stream);
    nen_error *error = NULL;
    nen_status status = 1;
    if (stream) {
        WITHOUT_GIL(
            session_of(self),
            status = nen_result_arrow(self->result, rows_per_batch, stream, &error));
    }
    self->is_busy = false;
    if (status) {
        free(stream);
        raise_error(error);
        return false;
    }
    nen_result_close(self->result);
    self->result = NULL;
    self->stream = stream;
    self->rows_per_batch = rows_per_batch;
    return true;
}

static PyObject *result_arrow(PyObject *object, PyObject *argument) {
    ResultObject *self = (ResultObject *)object;
    Py_ssize_t rows = PyLong_AsSsize_t(argument);
    if (rows < 0) {
        if (PyErr_Occurred()) return NULL;
        return raise_interface("Give 1 or more.", "A batch has no %zd rows.", rows);
    }
    if (!open_stream(self, (size_t)rows)) return NULL;
    struct ArrowArrayStream *stream = self->stream;
    self->stream = NULL;
    return watched_stream(stream, self->session);
}

static PyObject *result_schema(PyObject *object, PyObject *unused) {
    (void)unused;
    ResultObject *self = (ResultObject *)object;
    return open_stream(self, 0) ? schema_capsule(self->stream) : NULL;
}

static PyObject *result_close(PyObject *object, PyObject *unused) {
    (void)unused;
    ResultObject *self = (ResultObject *)object;
    if (!enter(self)) return NULL;
    if (self->result) nen_result_close(self->result);
    self->result = NULL;
    free_stream(self);
    self->is_busy = false;
    Py_RETURN_NONE;
}

static PyObject *result_columns(PyObject *object, void *unused) {
    (void)unused;
    PyObject *columns = ((ResultObject *)object)->columns;
    Py_INCREF(columns);
    return columns;
}

static PyObject *result_counters(PyObject *object, void *unused) {
    (void)unused;
    const int64_t *counters = ((ResultObject *)object)->counters;
    return Py_BuildValue(
        "(LLLLLLL)", (long long)counters[0], (long long)counters[1], (long long)counters[2],
        (long long)counters[3], (long long)counters[4], (long long)counters[5],
        (long long)counters[6]);
}

static PyObject *result_notifications(PyObject *object, void *unused) {
    (void)unused;
    PyObject *notifications = ((ResultObject *)object)->notifications;
    if (!notifications) return PyList_New(0);
    Py_INCREF(notifications);
    return notifications;
}

/* The text, or None for an empty one. */
static PyObject *optional_text(nen_text text) {
    if (!text.length) Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(text.bytes, (Py_ssize_t)text.length, "replace");
}

/* A number that is counted from 1, or None. */
static PyObject *optional_place(int32_t place) {
    if (place <= 0) Py_RETURN_NONE;
    return PyLong_FromLong(place);
}

static PyObject *notification_list(nen_result *result, size_t count) {
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        nen_notification remark = nen_result_notification(result, i);
        PyObject *tuple = Py_BuildValue(
            "(NNNNN)", optional_text(remark.code), optional_text(remark.message),
            optional_text(remark.hint), optional_place(remark.line),
            optional_place(remark.column));
        if (!tuple || PyList_Append(list, tuple)) Py_CLEAR(list);
        Py_XDECREF(tuple);
    }
    return list;
}

static PyMethodDef result_methods[] = {
    {"fetch", result_fetch, METH_VARARGS, "The next rows, as objects of a class of tuples."},
    {"peek", result_peek, METH_VARARGS, "The next rows, which stay to be read."},
    {"arrow", result_arrow, METH_O, "The rows as a capsule with an Arrow stream."},
    {"schema", result_schema, METH_NOARGS, "The schema of the rows as a capsule."},
    {"close", result_close, METH_NOARGS, "Gives up the rows that are left."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef result_members[] = {
    {"columns", result_columns, NULL, "The names of the columns.", NULL},
    {"counters", result_counters, NULL, "What the statement changed.", NULL},
    {"notifications", result_notifications, NULL, "Remarks about the statement.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot result_slots[] = {
    {Py_tp_dealloc, result_dealloc},
    {Py_tp_methods, result_methods},
    {Py_tp_getset, result_members},
    {Py_tp_doc, "The rows of a statement."},
    {0, NULL},
};

static PyType_Spec result_spec = {
    "nendb._nendb.Result", sizeof(ResultObject), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, result_slots};

bool add_result(PyObject *module) {
    result_type = (PyTypeObject *)PyType_FromSpec(&result_spec);
    return result_type && PyModule_AddObjectRef(module, "Result", (PyObject *)result_type) == 0;
}
