/* Databases, sessions and prepared statements as objects of Python. */

#include "extension.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    PyObject_HEAD
    nen_database *database;
    /* The sessions that are open, so that `interrupt` reaches them. */
    SessionObject *sessions;
    bool is_closed;
} DatabaseObject;

typedef struct {
    PyObject_HEAD
    nen_statement *statement;
    PyObject *session;
    nen_writer *writer;
    bool is_busy;
} StatementObject;

static PyTypeObject *session_type, *statement_type;

static PyObject *new_object(PyTypeObject *type) {
    return ((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
}

static void free_object(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

/* MARK: Options */

/* The number of an option; `otherwise` where it is None or not there. */
static bool option_number(
    PyObject *options, const char *name, int64_t otherwise, int64_t *number
) {
    PyObject *value = PyDict_GetItemString(options, name);
    *number = otherwise;
    if (!value || value == Py_None) return true;
    if (!PyLong_Check(value) || !int64_of(value, number) || *number < 0) {
        if (!PyErr_Occurred()) {
            raise_interface(
                "Give a whole number, or None for the default.", "`%s` cannot be %R.", name,
                value);
        }
        return false;
    }
    return true;
}

static bool option_durability(PyObject *options, int32_t *level) {
    static const char *const names[] = {"full", "normal", "off"};
    PyObject *value = PyDict_GetItemString(options, "durability");
    for (int32_t i = 0; i < 3; i++) {
        if (value && PyUnicode_Check(value)
            && PyUnicode_CompareWithASCIIString(value, names[i]) == 0) {
            *level = i;
            return true;
        }
    }
    raise_interface(
        "The levels are \"full\", \"normal\" and \"off\".", "`durability` cannot be %R.", value);
    return false;
}

bool texts_of(PyObject *list, const char ***texts, size_t *count) {
    *count = (size_t)PyList_Size(list);
    *texts = calloc(*count + 1, sizeof **texts);
    for (size_t i = 0; *texts && i < *count; i++) {
        PyObject *item = PyList_GetItem(list, (Py_ssize_t)i);
        Py_ssize_t length = 0;
        (*texts)[i] = PyUnicode_Check(item) ? utf8_of(item, &length) : NULL;
        bool has_nul = (*texts)[i] && strlen((*texts)[i]) != (size_t)length;
        if ((*texts)[i] && !has_nul) continue;
        if (!PyErr_Occurred()) {
            raise_interface(
                "Give texts, without NUL characters.", "%R cannot be a name here.", item);
        }
        free(*texts);
        *texts = NULL;
        return false;
    }
    if (!*texts) PyErr_NoMemory();
    return *texts != NULL;
}

static bool fill_options(PyObject *dict, nen_options *options, const char ***directories) {
    int64_t budget, limit, threads, busy;
    PyObject *files = PyDict_GetItemString(dict, "files");
    PyObject *read_only = PyDict_GetItemString(dict, "read_only");
    PyObject *must_exist = PyDict_GetItemString(dict, "must_exist");
    if (!option_number(dict, "memory_budget", 0, &budget)
        || !option_number(dict, "memory_limit", 0, &limit)
        || !option_number(dict, "threads", 0, &threads)
        || !option_number(dict, "busy_timeout", -1, &busy)
        || !option_durability(dict, &options->durability)) {
        return false;
    }
    options->memory_budget = budget;
    options->memory_limit = limit;
    options->threads = threads > 1024 ? 1024 : (int32_t)threads;
    options->busy_timeout_milliseconds = busy;
    options->read_only = read_only && PyObject_IsTrue(read_only) == 1;
    options->must_exist = must_exist && PyObject_IsTrue(must_exist) == 1;
    if (!files || !PyList_Check(files)) return true;
    if (!texts_of(files, directories, &options->file_directory_count)) return false;
    options->file_directories = *directories;
    return true;
}

/* MARK: Database */

static int database_init(PyObject *object, PyObject *arguments, PyObject *keywords) {
    DatabaseObject *self = (DatabaseObject *)object;
    const char *path;
    PyObject *dict;
    (void)keywords;
    if (!PyArg_ParseTuple(arguments, "sO!", &path, &PyDict_Type, &dict)) return -1;
    if (self->database) {
        raise_interface("Make another object.", "This database is open already.");
        return -1;
    }
    nen_options options;
    nen_options_default(&options);
    const char **directories = NULL;
    nen_error *error = NULL;
    nen_status status = 0;
    bool is_good = fill_options(dict, &options, &directories);
    if (is_good) {
        Py_BEGIN_ALLOW_THREADS
        status = nen_open(path, &options, &self->database, &error);
        Py_END_ALLOW_THREADS
    }
    free(directories);
    if (!is_good) return -1;
    if (!status) return 0;
    raise_error(error);
    return -1;
}

static bool close_database(DatabaseObject *self) {
    nen_error *error = NULL;
    nen_status status = 0;
    if (!self->database || self->is_closed) return true;
    self->is_closed = true;
    Py_BEGIN_ALLOW_THREADS
    status = nen_close(self->database, &error);
    Py_END_ALLOW_THREADS
    if (status) raise_error(error);
    return !status;
}

static void database_dealloc(PyObject *object) {
    DatabaseObject *self = (DatabaseObject *)object;
    if (!close_database(self)) PyErr_WriteUnraisable(object);
    if (self->database) nen_database_free(self->database);
    free_object(object);
}

static PyObject *database_close(PyObject *object, PyObject *unused) {
    (void)unused;
    if (!close_database((DatabaseObject *)object)) return NULL;
    Py_RETURN_NONE;
}

static bool check_open(DatabaseObject *self) {
    if (self->database && !self->is_closed) return true;
    raise_interface("Open it again: `nendb.connect(path)`.", "The database is closed.");
    return false;
}

static PyObject *database_session(PyObject *object, PyObject *unused) {
    (void)unused;
    DatabaseObject *self = (DatabaseObject *)object;
    if (!check_open(self)) return NULL;
    nen_error *error = NULL;
    nen_session *handle = NULL;
    if (nen_session_open(self->database, &handle, &error)) return raise_error(error);
    SessionObject *session = (SessionObject *)new_object(session_type);
    if (!session) {
        nen_session_close(handle);
        return NULL;
    }
    session->session = handle;
    Py_INCREF(object);
    session->database = object;
    session->next = self->sessions;
    if (self->sessions) self->sessions->previous = session;
    self->sessions = session;
    return (PyObject *)session;
}

static PyObject *database_interrupt(PyObject *object, PyObject *unused) {
    (void)unused;
    SessionObject *session = ((DatabaseObject *)object)->sessions;
    for (; session; session = session->next) {
        if (session->running) nen_interrupt(session->session);
    }
    Py_RETURN_NONE;
}

static PyObject *database_function(PyObject *object, PyObject *arguments) {
    DatabaseObject *self = (DatabaseObject *)object;
    return check_open(self) ? register_function(self->database, arguments) : NULL;
}

static PyObject *database_closed(PyObject *object, void *unused) {
    (void)unused;
    return PyBool_FromLong(((DatabaseObject *)object)->is_closed);
}

/* MARK: Sessions */

static void session_dealloc(PyObject *object) {
    SessionObject *self = (SessionObject *)object;
    if (self->database) {
        DatabaseObject *database = (DatabaseObject *)self->database;
        if (self->previous) self->previous->next = self->next;
        else database->sessions = self->next;
        if (self->next) self->next->previous = self->previous;
    }
    if (self->session) nen_session_close(self->session);
    Py_XDECREF(self->database);
    free_object(object);
}

/* A statement's text and its parameters; the writer is to be freed. */
static bool statement_arguments(
    PyObject *arguments, const char **text, Py_ssize_t *length, nen_writer **writer
) {
    PyObject *statement, *parameters;
    nen_error *error = NULL;
    if (!PyArg_ParseTuple(arguments, "OO", &statement, &parameters)) return false;
    if (!PyUnicode_Check(statement)) {
        raise_interface(
            "Pass a text, such as \"MATCH (n) RETURN n\".",
            "A statement is a text, not a value of type %R.", (PyObject *)Py_TYPE(statement));
        return false;
    }
    *text = utf8_of(statement, length);
    *writer = NULL;
    if (!*text) return false;
    if (parameters == Py_None) return true;
    if (nen_parameters_new(writer, &error)) {
        raise_error(error);
        return false;
    }
    if (put_parameters(*writer, parameters)) return true;
    nen_writer_free(*writer);
    return false;
}

static PyObject *session_execute(PyObject *object, PyObject *arguments) {
    SessionObject *self = (SessionObject *)object;
    const char *text;
    Py_ssize_t length;
    nen_writer *writer;
    if (!statement_arguments(arguments, &text, &length, &writer)) return NULL;
    nen_result *result = NULL;
    nen_error *error = NULL;
    nen_status status = 0;
    WITHOUT_GIL(
        self,
        status = nen_execute(self->session, text, (size_t)length, writer, &result, &error));
    if (writer) nen_writer_free(writer);
    return status ? raise_error(error) : result_object(result, object);
}

static PyObject *session_prepare(PyObject *object, PyObject *statement) {
    SessionObject *self = (SessionObject *)object;
    Py_ssize_t length = 0;
    if (!PyUnicode_Check(statement)) {
        return raise_interface(
            "Pass a text, such as \"MATCH (n {id: $id}) RETURN n\".",
            "A statement is a text, not a value of type %R.", (PyObject *)Py_TYPE(statement));
    }
    const char *text = utf8_of(statement, &length);
    if (!text) return NULL;
    nen_statement *handle = NULL;
    nen_error *error = NULL;
    nen_writer *writer = NULL;
    nen_status status = 0;
    WITHOUT_GIL(self, status = nen_prepare(self->session, text, (size_t)length, &handle, &error));
    if (!status) status = nen_parameters_new(&writer, &error);
    if (status) {
        if (handle) nen_statement_close(handle);
        return raise_error(error);
    }
    StatementObject *prepared = (StatementObject *)new_object(statement_type);
    if (!prepared) {
        nen_statement_close(handle);
        nen_writer_free(writer);
        return NULL;
    }
    prepared->statement = handle;
    prepared->writer = writer;
    Py_INCREF(object);
    prepared->session = object;
    return (PyObject *)prepared;
}

static PyObject *session_begin(PyObject *object, PyObject *write) {
    SessionObject *self = (SessionObject *)object;
    nen_error *error = NULL;
    nen_status status = 0;
    int is_write = PyObject_IsTrue(write);
    if (is_write < 0) return NULL;
    WITHOUT_GIL(self, status = nen_begin(self->session, is_write == 1, &error));
    if (status) return raise_error(error);
    Py_RETURN_NONE;
}

static PyObject *session_commit(PyObject *object, PyObject *unused) {
    (void)unused;
    SessionObject *self = (SessionObject *)object;
    nen_error *error = NULL;
    nen_status status = 0;
    WITHOUT_GIL(self, status = nen_commit(self->session, &error));
    if (status) return raise_error(error);
    Py_RETURN_NONE;
}

static PyObject *session_rollback(PyObject *object, PyObject *unused) {
    (void)unused;
    SessionObject *self = (SessionObject *)object;
    nen_error *error = NULL;
    nen_status status = 0;
    WITHOUT_GIL(self, status = nen_rollback(self->session, &error));
    if (status) return raise_error(error);
    Py_RETURN_NONE;
}

static PyObject *session_limit(PyObject *object, PyObject *milliseconds) {
    SessionObject *self = (SessionObject *)object;
    int64_t timeout = 0;
    nen_error *error = NULL;
    if (!int64_of(milliseconds, &timeout)) return NULL;
    if (nen_session_set_timeout(self->session, timeout, &error)) return raise_error(error);
    Py_RETURN_NONE;
}

static PyObject *session_interrupt(PyObject *object, PyObject *unused) {
    (void)unused;
    nen_interrupt(((SessionObject *)object)->session);
    Py_RETURN_NONE;
}

static PyObject *session_in_transaction(PyObject *object, void *unused) {
    (void)unused;
    return PyBool_FromLong(nen_in_transaction(((SessionObject *)object)->session));
}

/* MARK: Bulk */

static PyObject *session_append_nodes(PyObject *object, PyObject *arguments) {
    SessionObject *self = (SessionObject *)object;
    PyObject *labels, *source, *owner;
    if (!PyArg_ParseTuple(arguments, "O!O", &PyList_Type, &labels, &source)) return NULL;
    const char **names;
    size_t name_count;
    if (!texts_of(labels, &names, &name_count)) return NULL;
    struct ArrowArrayStream *stream = stream_of(source, &owner);
    if (!stream) {
        free(names);
        return NULL;
    }
    int64_t count = 0;
    nen_error *error = NULL;
    nen_status status = 0;
    WITHOUT_GIL(
        self,
        status = nen_append_nodes(self->session, names, name_count, stream, &count, &error));
    free(names);
    Py_DECREF(owner);
    return status ? raise_error(error) : PyLong_FromLongLong(count);
}

static PyObject *session_append_relationships(PyObject *object, PyObject *arguments) {
    SessionObject *self = (SessionObject *)object;
    const char *type;
    nen_end from, to;
    PyObject *source, *owner;
    if (!PyArg_ParseTuple(
            arguments, "s(sss)(sss)O", &type, &from.label, &from.key, &from.column, &to.label,
            &to.key, &to.column, &source)) {
        return NULL;
    }
    struct ArrowArrayStream *stream = stream_of(source, &owner);
    if (!stream) return NULL;
    int64_t count = 0;
    nen_error *error = NULL;
    nen_status status = 0;
    WITHOUT_GIL(
        self,
        status = nen_append_relationships(
            self->session, type, from, to, stream, &count, &error));
    Py_DECREF(owner);
    return status ? raise_error(error) : PyLong_FromLongLong(count);
}

/* MARK: Prepared statements */

static void statement_dealloc(PyObject *object) {
    StatementObject *self = (StatementObject *)object;
    if (self->statement) nen_statement_close(self->statement);
    if (self->writer) nen_writer_free(self->writer);
    Py_XDECREF(self->session);
    free_object(object);
}

static PyObject *statement_execute(PyObject *object, PyObject *parameters) {
    StatementObject *self = (StatementObject *)object;
    if (self->is_busy) {
        return raise_interface(
            "Prepare one for each thread.", "Another thread is running this statement.");
    }
    self->is_busy = true;
    nen_result *result = NULL;
    nen_error *error = NULL;
    nen_status status = 0;
    nen_writer_reset(self->writer);
    bool is_good = put_parameters(self->writer, parameters);
    if (is_good) {
        WITHOUT_GIL(
            (SessionObject *)self->session,
            status = nen_statement_execute(self->statement, self->writer, &result, &error));
    }
    self->is_busy = false;
    if (!is_good) return NULL;
    return status ? raise_error(error) : result_object(result, self->session);
}

/* MARK: Types */

static PyMethodDef database_methods[] = {
    {"session", database_session, METH_NOARGS, "Opens a session."},
    {"interrupt", database_interrupt, METH_NOARGS, "Ends the statements at work."},
    {"register_function", database_function, METH_VARARGS, "Registers a function of NQL."},
    {"close", database_close, METH_NOARGS, "Closes the database."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef database_members[] = {
    {"closed", database_closed, NULL, "Whether it was closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot database_slots[] = {
    {Py_tp_init, database_init},
    {Py_tp_dealloc, database_dealloc},
    {Py_tp_methods, database_methods},
    {Py_tp_getset, database_members},
    {Py_tp_doc, "An open database."},
    {0, NULL},
};

static PyType_Spec database_spec = {
    "nendb._nendb.Database", sizeof(DatabaseObject), 0, Py_TPFLAGS_DEFAULT, database_slots};

static PyMethodDef session_methods[] = {
    {"execute", session_execute, METH_VARARGS, "Runs a statement."},
    {"prepare", session_prepare, METH_O, "Prepares a statement."},
    {"begin", session_begin, METH_O, "Begins a transaction."},
    {"commit", session_commit, METH_NOARGS, "Commits the transaction."},
    {"rollback", session_rollback, METH_NOARGS, "Undoes the transaction."},
    {"limit", session_limit, METH_O, "Sets the milliseconds that a statement may take."},
    {"interrupt", session_interrupt, METH_NOARGS, "Ends the statement at work."},
    {"append_nodes", session_append_nodes, METH_VARARGS, "Appends an Arrow stream as nodes."},
    {"append_relationships", session_append_relationships, METH_VARARGS,
     "Appends an Arrow stream as relationships."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef session_members[] = {
    {"in_transaction", session_in_transaction, NULL, "Whether a transaction is open.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot session_slots[] = {
    {Py_tp_dealloc, session_dealloc},
    {Py_tp_methods, session_methods},
    {Py_tp_getset, session_members},
    {Py_tp_doc, "A line of statements."},
    {0, NULL},
};

static PyType_Spec session_spec = {
    "nendb._nendb.Session", sizeof(SessionObject), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, session_slots};

static PyMethodDef statement_methods[] = {
    {"execute", statement_execute, METH_O, "Runs the statement."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot statement_slots[] = {
    {Py_tp_dealloc, statement_dealloc},
    {Py_tp_methods, statement_methods},
    {Py_tp_doc, "A prepared statement."},
    {0, NULL},
};

static PyType_Spec statement_spec = {
    "nendb._nendb.Statement", sizeof(StatementObject), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, statement_slots};

/* The type of a spec, known in the module by its name. */
static PyTypeObject *add_type(PyObject *module, PyType_Spec *spec) {
    PyObject *type = PyType_FromSpec(spec);
    const char *name = strrchr(spec->name, '.') + 1;
    if (type && PyModule_AddObjectRef(module, name, type) == 0) return (PyTypeObject *)type;
    Py_XDECREF(type);
    return NULL;
}

bool add_handles(PyObject *module) {
    session_type = add_type(module, &session_spec);
    statement_type = session_type ? add_type(module, &statement_spec) : NULL;
    return statement_type && add_type(module, &database_spec);
}
