/* Errors of the engine as exceptions of `nendb.errors`. */

#include "extension.h"

#include <stdarg.h>
#include <string.h>

static PyObject *from_fields, *interface_error;

bool load_errors(void) {
    PyObject *module = PyImport_ImportModule("nendb.errors");
    if (!module) return false;
    from_fields = PyObject_GetAttrString(module, "from_fields");
    interface_error = PyObject_GetAttrString(module, "InterfaceError");
    Py_DECREF(module);
    return from_fields && interface_error;
}

/* The text, or None. */
static PyObject *text_or_none(const char *text) {
    if (!text || !*text) Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
}

void *raise_error(nen_error *error) {
    if (!error) {
        PyErr_NoMemory();
        return NULL;
    }
    if (PyErr_Occurred() || PyErr_CheckSignals()) {
        nen_error_free(error);
        return NULL;
    }
    PyObject *exception = PyObject_CallFunction(
        from_fields, "NNNNNNiiN", text_or_none(error->code), text_or_none(error->detail),
        text_or_none(error->gqlstatus), text_or_none(error->phase), text_or_none(error->message),
        text_or_none(error->hint), (int)error->line, (int)error->column,
        text_or_none(error->text));
    nen_error_free(error);
    if (!exception) return NULL;
    PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    Py_DECREF(exception);
    return NULL;
}

void *raise_interface(const char *hint, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    PyObject *message = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    PyObject *exception =
        message ? PyObject_CallFunctionObjArgs(interface_error, message, NULL) : NULL;
    Py_XDECREF(message);
    if (!exception) return NULL;
    PyObject *text = PyUnicode_FromString(hint);
    if (text && PyObject_SetAttrString(exception, "hint", text) == 0) {
        PyErr_SetObject(interface_error, exception);
    }
    Py_XDECREF(text);
    Py_DECREF(exception);
    return NULL;
}
