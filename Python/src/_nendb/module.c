/* The module `nendb._nendb`. */

#include "extension.h"

static PyObject *version(PyObject *module, PyObject *unused) {
    (void)module;
    (void)unused;
    return PyUnicode_FromString(nen_version());
}

static PyMethodDef methods[] = {
    {"version", version, METH_NOARGS, "The version of the engine."},
    {"arrow_columns", arrow_columns, METH_O, "A dict of lists as a capsule with an Arrow stream."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "nendb._nendb", "The engine's handles; `nendb` is what to use.", -1,
    methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__nendb(void) {
    PyObject *module = PyModule_Create(&definition);
    if (!module) return NULL;
    if (nen_abi_version() != NEN_ABI_VERSION) {
        Py_DECREF(module);
        PyErr_SetString(
            PyExc_ImportError,
            "libnendb.so is of another version than nendb: install the wheel anew.");
        return NULL;
    }
    if (load_errors() && load_parameters() && load_values() && load_temporal()
        && remember_main_thread() && add_handles(module) && add_result(module)) {
        return module;
    }
    Py_DECREF(module);
    return NULL;
}
