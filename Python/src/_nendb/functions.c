/* Functions of NQL that are written in Python. The engine calls them on any of its threads, so each
 * call takes the GIL. What Python raises becomes an error of the statement. */

#include "extension.h"

#include <stdlib.h>

/* The text of the exception that is raised, as the reason of a failure. */
static int fail(nen_writer *result) {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PyObject *text = value ? PyUnicode_FromFormat("%R", value) : NULL;
    Py_ssize_t length = 0;
    const char *bytes = text ? PyUnicode_AsUTF8AndSize(text, &length) : NULL;
    nen_writer_reset(result);
    if (bytes) nen_put_string(result, bytes, (size_t)length);
    else nen_put_string(result, "an exception", 12);
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    PyErr_Clear();
    return 1;
}

static int call(
    void *context, const nen_value *arguments, size_t count, nen_writer *result
) {
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *tuple = PyTuple_New((Py_ssize_t)count), *value = NULL;
    for (size_t i = 0; tuple && i < count; i++) {
        PyObject *argument = value_of(&arguments[i]);
        if (argument) PyTuple_SetItem(tuple, (Py_ssize_t)i, argument);
        else Py_CLEAR(tuple);
    }
    if (tuple) value = PyObject_CallObject(context, tuple);
    int status = value && put_value(result, value, 0) ? 0 : fail(result);
    Py_XDECREF(tuple);
    Py_XDECREF(value);
    PyGILState_Release(state);
    return status;
}

static void destroy(void *context) {
    if (!Py_IsInitialized()) return;
    PyGILState_STATE state = PyGILState_Ensure();
    Py_DECREF((PyObject *)context);
    PyGILState_Release(state);
}

PyObject *register_function(nen_database *database, PyObject *arguments) {
    const char *name, *result_type_name;
    PyObject *types, *function;
    if (!PyArg_ParseTuple(
            arguments, "sO!sO", &name, &PyList_Type, &types, &result_type_name, &function)) {
        return NULL;
    }
    if (!PyCallable_Check(function)) {
        return raise_interface(
            "Pass a function.", "%R cannot be called.", function);
    }
    const char **names;
    size_t count;
    if (!texts_of(types, &names, &count)) return NULL;
    nen_error *error = NULL;
    Py_INCREF(function);
    nen_status status = nen_register_function(
        database, name, names, count, result_type_name, call, function, destroy, &error);
    free(names);
    if (status) return raise_error(error);
    Py_RETURN_NONE;
}
