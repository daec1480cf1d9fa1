/* Values of Python as parameters and as results of functions. What is not known here is brought
 * nearer by `nendb.parameters.adapt`. */

#include "extension.h"

static PyObject *adapt;

/* Lists and maps nest up to 500 deep in NQL; one more is the engine's to refuse. */
enum { DEPTH_MAX = 520 };

bool load_parameters(void) {
    PyObject *module = PyImport_ImportModule("nendb.parameters");
    if (!module) return false;
    adapt = PyObject_GetAttrString(module, "adapt");
    Py_DECREF(module);
    return adapt != NULL;
}

bool int64_of(PyObject *value, int64_t *number) {
    int overflow = 0;
    *number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow) {
        raise_interface(
            "Integers of NQL have 64 bits, from -2**63 to 2**63 - 1: pass `float(value)`, or "
            "`str(value)` to keep all digits.",
            "The integer %S does not fit.", value);
        return false;
    }
    return !(*number == -1 && PyErr_Occurred());
}

const char *utf8_of(PyObject *value, Py_ssize_t *length) {
    const char *text = PyUnicode_AsUTF8AndSize(value, length);
    if (text || !PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return text;
    PyErr_Clear();
    return raise_interface(
        "Such a half of a surrogate pair comes from decoding with `surrogateescape`: decode the "
        "text as what it is.",
        "The text %A has a surrogate, which is no character.", value);
}

static bool put_text(nen_writer *writer, PyObject *value, bool is_key) {
    Py_ssize_t length = 0;
    const char *text = utf8_of(value, &length);
    if (!text) return false;
    if (is_key) nen_key(writer, text, (size_t)length);
    else nen_put_string(writer, text, (size_t)length);
    return true;
}

static bool put_list(nen_writer *writer, PyObject *list, int depth) {
    nen_begin_list(writer);
    bool is_list = PyList_Check(list);
    for (Py_ssize_t i = 0; i < (is_list ? PyList_Size(list) : PyTuple_Size(list)); i++) {
        PyObject *item = is_list ? PyList_GetItem(list, i) : PyTuple_GetItem(list, i);
        if (!item) return false;
        Py_INCREF(item);
        bool put = put_value(writer, item, depth + 1);
        Py_DECREF(item);
        if (!put) return false;
    }
    nen_end_list(writer);
    return true;
}

/* The entries of a dict, whose keys are texts. */
static bool put_entries(nen_writer *writer, PyObject *map, int depth) {
    PyObject *items = PyDict_Items(map);
    if (!items) return false;
    bool is_good = true;
    for (Py_ssize_t i = 0; is_good && i < PyList_Size(items); i++) {
        PyObject *pair = PyList_GetItem(items, i);
        PyObject *key = PyTuple_GetItem(pair, 0);
        if (!PyUnicode_Check(key)) {
            raise_interface(
                "Use `str(key)` for it.", "The key %R of a map is no text.", key);
            is_good = false;
        } else {
            is_good = put_text(writer, key, true)
                && put_value(writer, PyTuple_GetItem(pair, 1), depth + 1);
        }
    }
    Py_DECREF(items);
    return is_good;
}

/* A value that is not known here, as what `adapt` makes of it. */
static bool put_adapted(nen_writer *writer, PyObject *value, int depth) {
    PyObject *adapted = PyObject_CallFunctionObjArgs(adapt, value, NULL);
    if (!adapted) return false;
    bool put = put_value(writer, adapted, depth + 1);
    Py_DECREF(adapted);
    return put;
}

bool put_value(nen_writer *writer, PyObject *value, int depth) {
    if (depth > DEPTH_MAX) {
        raise_interface(
            "Lists and maps nest up to 500 deep; one that contains itself has no end.",
            "A parameter is nested too deep.");
        return false;
    }
    if (value == Py_None) nen_put_null(writer);
    else if (PyUnicode_Check(value)) return put_text(writer, value, false);
    else if (PyBool_Check(value)) nen_put_boolean(writer, value == Py_True);
    else if (PyLong_Check(value)) {
        int64_t number = 0;
        if (!int64_of(value, &number)) return false;
        nen_put_integer(writer, number);
    } else if (PyFloat_Check(value)) nen_put_float(writer, PyFloat_AsDouble(value));
    else if (PyList_Check(value) || PyTuple_Check(value)) return put_list(writer, value, depth);
    else if (PyDict_Check(value)) {
        nen_begin_map(writer);
        if (!put_entries(writer, value, depth)) return false;
        nen_end_map(writer);
    } else {
        TemporalOutcome outcome = put_temporal(writer, value);
        return outcome == NOT_TEMPORAL ? put_adapted(writer, value, depth) : outcome == PUT;
    }
    return true;
}

bool put_parameters(nen_writer *writer, PyObject *parameters) {
    if (parameters == Py_None) return true;
    if (PyDict_Check(parameters)) return put_entries(writer, parameters, 0);
    PyObject *adapted = PyObject_CallFunctionObjArgs(adapt, parameters, NULL);
    bool put = adapted && PyDict_Check(adapted);
    if (put) put = put_entries(writer, adapted, 0);
    else {
        PyErr_Clear();
        raise_interface(
            "Write `$name` in the statement, and pass `{\"name\": value}`.",
            "Parameters are a mapping, not a value of type %R.", (PyObject *)Py_TYPE(parameters));
    }
    Py_XDECREF(adapted);
    return put;
}
