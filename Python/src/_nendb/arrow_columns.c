/* Columns of Python values as an Arrow stream of one batch: what makes `db.load` take lists and
 * arrays of NumPy without pyarrow. A column is of booleans, 64-bit integers, doubles (integers
 * among them), strings, or lists of these, with nulls. */

#include "extension.h"

#include <stdlib.h>
#include <string.h>

typedef enum { KIND_NULL, KIND_BOOLEAN, KIND_INTEGER, KIND_FLOAT, KIND_STRING, KIND_LIST } Kind;

/* Bytes that grow. */
typedef struct {
    char *bytes;
    size_t count, capacity;
} Bytes;

/* A column that is being built; a list has its elements in `child`. */
typedef struct Column {
    Kind kind;
    int64_t count, null_count;
    Bytes validity, offsets, values;
    struct Column *child;
} Column;

static bool reserve(Bytes *bytes, size_t more) {
    if (bytes->count + more <= bytes->capacity) return true;
    size_t capacity = bytes->capacity ? bytes->capacity * 2 : 256;
    while (capacity < bytes->count + more) capacity *= 2;
    char *moved = realloc(bytes->bytes, capacity);
    if (!moved) {
        PyErr_NoMemory();
        return false;
    }
    memset(moved + bytes->capacity, 0, capacity - bytes->capacity);
    bytes->bytes = moved;
    bytes->capacity = capacity;
    return true;
}

static bool append(Bytes *bytes, const void *source, size_t count) {
    if (!reserve(bytes, count)) return false;
    if (count) memcpy(bytes->bytes + bytes->count, source, count);
    bytes->count += count;
    return true;
}

/* Sets bit `index` of a bitmap that grows in order. */
static bool append_bit(Bytes *bytes, int64_t index, bool bit) {
    size_t byte = (size_t)index / 8;
    if (byte >= bytes->count) {
        if (!reserve(bytes, 1)) return false;
        bytes->bytes[bytes->count++] = 0;
    }
    if (bit) bytes->bytes[byte] |= (char)(1 << (index % 8));
    return true;
}

static void free_column(Column *column) {
    if (!column) return;
    free(column->validity.bytes);
    free(column->offsets.bytes);
    free(column->values.bytes);
    free_column(column->child);
    free(column);
}

/* The kind that holds both; false and an error where there is none. */
static bool widen(Kind *kind, Kind other, PyObject *name) {
    if (other == KIND_NULL || *kind == other) return true;
    if (*kind == KIND_NULL || (*kind == KIND_INTEGER && other == KIND_FLOAT)) {
        *kind = other;
        return true;
    }
    if (*kind == KIND_FLOAT && other == KIND_INTEGER) return true;
    raise_interface(
        "Bring its values to one type, or load the rows in parts of one type each.",
        "The column %R has values of different types.", name);
    return false;
}

static bool kind_of(PyObject *value, Kind *kind, PyObject *name) {
    if (value == Py_None) *kind = KIND_NULL;
    else if (PyBool_Check(value)) *kind = KIND_BOOLEAN;
    else if (PyLong_Check(value)) *kind = KIND_INTEGER;
    else if (PyFloat_Check(value)) *kind = KIND_FLOAT;
    else if (PyUnicode_Check(value)) *kind = KIND_STRING;
    else if (PyList_Check(value) || PyTuple_Check(value)) *kind = KIND_LIST;
    else {
        raise_interface(
            "Columns are of bool, int, float, str or lists of these; other types need an Arrow "
            "table: `pyarrow.table({...})`, or a DataFrame.",
            "The column %R has a value of type `%N`.", name, (PyObject *)Py_TYPE(value));
        return false;
    }
    return true;
}

static bool append_scalar(Column *column, PyObject *value, PyObject *name) {
    bool is_null = value == Py_None;
    switch (column->kind) {
    case KIND_BOOLEAN: return append_bit(&column->values, column->count, value == Py_True);
    case KIND_INTEGER: {
        int64_t number = 0;
        if (!is_null && !int64_of(value, &number)) return false;
        return append(&column->values, &number, sizeof number);
    }
    case KIND_FLOAT: {
        double number = is_null ? 0 : PyFloat_AsDouble(value);
        if (number == -1 && PyErr_Occurred()) return false;
        return append(&column->values, &number, sizeof number);
    }
    case KIND_STRING: {
        Py_ssize_t length = 0;
        const char *text = is_null ? "" : utf8_of(value, &length);
        if (!text || !append(&column->values, text, (size_t)length)) return false;
        int64_t end = (int64_t)column->values.count;
        return append(&column->offsets, &end, sizeof end);
    }
    default: (void)name; return true;
    }
}

static Column *build(PyObject *name, PyObject *const *values, Py_ssize_t count);

/* The elements of the lists of `values` as one column; the offsets are in `column`. */
static bool append_lists(
    Column *column, PyObject *name, PyObject *const *values, Py_ssize_t count
) {
    PyObject *flat = PyList_New(0);
    if (!flat) return false;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t size = values[i] == Py_None ? 0 : PySequence_Size(values[i]);
        for (Py_ssize_t k = 0; k < size; k++) {
            PyObject *inner = PySequence_GetItem(values[i], k);
            int status = inner ? PyList_Append(flat, inner) : -1;
            Py_XDECREF(inner);
            if (status) goto fail;
        }
        int64_t end = PyList_Size(flat);
        if (!append(&column->offsets, &end, sizeof end)) goto fail;
    }
    Py_ssize_t total = PyList_Size(flat);
    PyObject **items = malloc(sizeof(PyObject *) * (size_t)(total + 1));
    if (!items) {
        PyErr_NoMemory();
        goto fail;
    }
    for (Py_ssize_t i = 0; i < total; i++) items[i] = PyList_GetItem(flat, i);
    column->child = build(name, items, total);
    free(items);
    Py_DECREF(flat);
    return column->child != NULL;
fail:
    Py_DECREF(flat);
    return false;
}

static Column *build(PyObject *name, PyObject *const *values, Py_ssize_t count) {
    Column *column = calloc(1, sizeof *column);
    if (!column) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Kind kind = KIND_NULL;
        if (!kind_of(values[i], &kind, name) || !widen(&column->kind, kind, name)) goto fail;
    }
    int64_t zero = 0;
    bool has_offsets = column->kind == KIND_STRING || column->kind == KIND_LIST;
    if (has_offsets && !append(&column->offsets, &zero, sizeof zero)) goto fail;
    if (!reserve(&column->validity, 1) || !reserve(&column->values, 8)) goto fail;
    if (column->kind == KIND_LIST && !append_lists(column, name, values, count)) goto fail;
    for (Py_ssize_t i = 0; i < count; i++) {
        bool is_valid = values[i] != Py_None;
        if (!append_bit(&column->validity, i, is_valid)) goto fail;
        if (!is_valid) column->null_count++;
        if (!append_scalar(column, values[i], name)) goto fail;
        column->count++;
    }
    return column;
fail:
    free_column(column);
    return NULL;
}

/* MARK: Export */

static void release_schema(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; i++) {
        struct ArrowSchema *child = schema->children[i];
        if (child->release) child->release(child);
        free(child);
    }
    free(schema->children);
    free((char *)schema->name);
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array) {
    for (int64_t i = 0; i < array->n_children; i++) {
        struct ArrowArray *child = array->children[i];
        if (child->release) child->release(child);
        free(child);
    }
    free(array->children);
    free(array->buffers);
    free_column(array->private_data);
    array->release = NULL;
}

/* Schema and array with room for `children`; the caller fills the rest. False without memory. */
static bool start(struct ArrowSchema *schema, struct ArrowArray *array, size_t children) {
    *schema = (struct ArrowSchema){.flags = ARROW_FLAG_NULLABLE, .release = release_schema};
    *array = (struct ArrowArray){.release = release_array};
    array->buffers = calloc(3, sizeof(void *));
    schema->children = calloc(children + 1, sizeof(void *));
    array->children = calloc(children + 1, sizeof(void *));
    if (!array->buffers || !schema->children || !array->children) return false;
    for (size_t i = 0; i < children; i++) {
        schema->children[i] = calloc(1, sizeof(struct ArrowSchema));
        array->children[i] = calloc(1, sizeof(struct ArrowArray));
        if (schema->children[i]) schema->n_children++;
        if (array->children[i]) array->n_children++;
        if (!schema->children[i] || !array->children[i]) return false;
    }
    return true;
}

/* Gives the column to schema and array, which own it from now on. */
static bool export_column(
    Column *column, const char *name, struct ArrowSchema *schema, struct ArrowArray *array
) {
    static const char *const formats[] = {"n", "b", "l", "g", "U", "+L"};
    bool is_list = column->kind == KIND_LIST;
    bool started = start(schema, array, is_list ? 1 : 0);
    array->private_data = column;
    if (!started) return false;
    schema->format = formats[column->kind];
    schema->name = strdup(name);
    array->length = column->count;
    array->null_count = column->null_count;
    array->n_buffers = 2;
    array->buffers[0] = column->null_count ? column->validity.bytes : NULL;
    array->buffers[1] = column->values.bytes;
    if (column->kind == KIND_NULL) array->n_buffers = 0;
    if (column->kind == KIND_STRING) {
        array->n_buffers = 3;
        array->buffers[1] = column->offsets.bytes;
        array->buffers[2] = column->values.bytes;
    }
    if (is_list) {
        array->buffers[1] = column->offsets.bytes;
        Column *child = column->child;
        column->child = NULL;
        return export_column(child, "item", schema->children[0], array->children[0]);
    }
    return schema->name != NULL;
}

/* A stream of one batch; schema and array are moved out of it. */
typedef struct {
    struct ArrowSchema schema;
    struct ArrowArray array;
} OneBatch;

static int stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *schema) {
    OneBatch *batch = stream->private_data;
    if (!batch->schema.release) return 22;
    *schema = batch->schema;
    batch->schema.release = NULL;
    return 0;
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *array) {
    OneBatch *batch = stream->private_data;
    *array = batch->array;
    batch->array.release = NULL;
    return 0;
}

static const char *stream_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "The schema of this stream can be read once.";
}

static void stream_release(struct ArrowArrayStream *stream) {
    OneBatch *batch = stream->private_data;
    if (batch->schema.release) batch->schema.release(&batch->schema);
    if (batch->array.release) batch->array.release(&batch->array);
    free(batch);
    stream->release = NULL;
}

/* Adds a column of `batch` from a Python list. */
static bool export_list(OneBatch *batch, Py_ssize_t place, PyObject *name, PyObject *list) {
    Py_ssize_t count = PyList_Size(list), length = 0;
    if (place > 0 && count != batch->array.length) {
        raise_interface(
            "Give all columns the same number of values.",
            "The column %R has %zd values, and the columns before it %zd.", name, count,
            (Py_ssize_t)batch->array.length);
        return false;
    }
    const char *text = utf8_of(name, &length);
    PyObject **items = text ? malloc(sizeof(PyObject *) * (size_t)(count + 1)) : NULL;
    if (!items) {
        if (text) PyErr_NoMemory();
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) items[i] = PyList_GetItem(list, i);
    Column *column = build(name, items, count);
    free(items);
    if (!column) return false;
    batch->array.length = count;
    if (export_column(
            column, text, batch->schema.children[place], batch->array.children[place])) {
        return true;
    }
    PyErr_NoMemory();
    return false;
}

PyObject *arrow_columns(PyObject *module, PyObject *columns) {
    (void)module;
    if (!PyDict_Check(columns)) {
        PyErr_SetString(PyExc_TypeError, "columns must be a dict of lists");
        return NULL;
    }
    OneBatch *batch = calloc(1, sizeof *batch);
    struct ArrowArrayStream *stream = calloc(1, sizeof *stream);
    if (!batch || !stream) {
        free(batch);
        free(stream);
        return PyErr_NoMemory();
    }
    *stream = (struct ArrowArrayStream){
        stream_schema, stream_next, stream_error, stream_release, batch};
    bool failed = !start(&batch->schema, &batch->array, (size_t)PyDict_Size(columns));
    if (failed) PyErr_NoMemory();
    batch->schema.format = "+s";
    batch->schema.flags = 0;
    batch->array.n_buffers = 1;
    PyObject *name, *list;
    Py_ssize_t position = 0, place = 0;
    while (!failed && PyDict_Next(columns, &position, &name, &list)) {
        if (!PyUnicode_Check(name) || !PyList_Check(list)) {
            PyErr_SetString(PyExc_TypeError, "columns must be a dict of lists");
            failed = true;
        } else {
            failed = !export_list(batch, place++, name, list);
        }
    }
    if (failed) {
        stream_release(stream);
        free(stream);
        return NULL;
    }
    return stream_capsule(stream);
}
