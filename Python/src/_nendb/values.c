/* Values of results as objects of Python. Nodes, relationships and paths are made by setting the
 * slots of their classes (`nendb.entities`), so that no code of Python runs for a value. */

#include "extension.h"

static PyTypeObject *node_class, *relationship_class, *path_class;
static PyObject *duration_class, *point_class;
static PyObject *name_id, *name_labels, *name_properties, *name_type, *name_start_id, *name_end_id;
static PyObject *name_start, *name_end, *name_nodes, *name_relationships;

static PyObject *class_of(PyObject *module, const char *name) {
    return module ? PyObject_GetAttrString(module, name) : NULL;
}

bool load_values(void) {
    PyObject *entities = PyImport_ImportModule("nendb.entities");
    node_class = (PyTypeObject *)class_of(entities, "Node");
    relationship_class = (PyTypeObject *)class_of(entities, "Relationship");
    path_class = (PyTypeObject *)class_of(entities, "Path");
    Py_XDECREF(entities);
    PyObject *values = PyImport_ImportModule("nendb.values");
    duration_class = class_of(values, "Duration");
    point_class = class_of(values, "Point");
    Py_XDECREF(values);
    name_id = PyUnicode_InternFromString("_id");
    name_labels = PyUnicode_InternFromString("_labels");
    name_properties = PyUnicode_InternFromString("_properties");
    name_type = PyUnicode_InternFromString("_type");
    name_start_id = PyUnicode_InternFromString("_start_id");
    name_end_id = PyUnicode_InternFromString("_end_id");
    name_start = PyUnicode_InternFromString("_start");
    name_end = PyUnicode_InternFromString("_end");
    name_nodes = PyUnicode_InternFromString("_nodes");
    name_relationships = PyUnicode_InternFromString("_relationships");
    return !PyErr_Occurred();
}

static PyObject *text_object(nen_text text) {
    return PyUnicode_DecodeUTF8(text.bytes, (Py_ssize_t)text.length, "strict");
}

/* An object of a class with slots, without its `__init__`. */
static PyObject *allocate(PyTypeObject *class) {
    allocfunc function = (allocfunc)PyType_GetSlot(class, Py_tp_alloc);
    return function(class, 0);
}

/* Sets a slot to a new reference, which is given away; false when it is NULL. */
static bool set_slot(PyObject *object, PyObject *name, PyObject *value) {
    if (!value) return false;
    int status = PyObject_SetAttr(object, name, value);
    Py_DECREF(value);
    return status == 0;
}

static PyObject *list_object(const nen_value *items, size_t count) {
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *item = value_of(&items[i]);
        if (!item) Py_CLEAR(list);
        else PyList_SetItem(list, (Py_ssize_t)i, item);
    }
    return list;
}

static PyObject *map_object(const nen_map *map) {
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict && i < map->count; i++) {
        PyObject *key = text_object(map->keys[i]);
        /* Few names stand in many entities. */
        if (key) PyUnicode_InternInPlace(&key);
        PyObject *value = key ? value_of(&map->values[i]) : NULL;
        if (!value || PyDict_SetItem(dict, key, value)) Py_CLEAR(dict);
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    return dict;
}

static PyObject *label_set(const nen_node *node) {
    PyObject *labels = PyTuple_New((Py_ssize_t)node->label_count);
    for (size_t i = 0; labels && i < node->label_count; i++) {
        PyObject *label = text_object(node->labels[i]);
        if (!label) Py_CLEAR(labels);
        else PyTuple_SetItem(labels, (Py_ssize_t)i, label);
    }
    PyObject *set = labels ? PyFrozenSet_New(labels) : NULL;
    Py_XDECREF(labels);
    return set;
}

static PyObject *node_object(const nen_node *node) {
    PyObject *object = allocate(node_class);
    if (object && set_slot(object, name_id, PyLong_FromUnsignedLong(node->id))
        && set_slot(object, name_labels, label_set(node))
        && set_slot(object, name_properties, map_object(&node->properties))) {
        return object;
    }
    Py_XDECREF(object);
    return NULL;
}

static PyObject *relationship_object(const nen_relationship *step) {
    PyObject *object = allocate(relationship_class);
    if (object && set_slot(object, name_id, PyLong_FromUnsignedLong(step->id))
        && set_slot(object, name_type, text_object(step->type))
        && set_slot(object, name_start_id, PyLong_FromUnsignedLong(step->source))
        && set_slot(object, name_end_id, PyLong_FromUnsignedLong(step->target))
        && set_slot(object, name_properties, map_object(&step->properties))) {
        return object;
    }
    Py_XDECREF(object);
    return NULL;
}

/* The relationship of a step, which knows the nodes at its ends. */
static PyObject *step_object(
    const nen_relationship *step, uint32_t first, PyObject *before, PyObject *after
) {
    PyObject *object = relationship_object(step);
    if (!object) return NULL;
    bool is_forward = step->source == first;
    PyObject *start = is_forward ? before : after, *end = is_forward ? after : before;
    if (PyObject_SetAttr(object, name_start, start) || PyObject_SetAttr(object, name_end, end)) {
        Py_CLEAR(object);
    }
    return object;
}

static PyObject *path_object(const nen_path *path) {
    size_t count = path->relationship_count;
    PyObject *nodes = PyTuple_New((Py_ssize_t)count + 1);
    PyObject *steps = PyTuple_New((Py_ssize_t)count);
    bool is_good = nodes && steps;
    for (size_t i = 0; is_good && i <= count; i++) {
        PyObject *node = node_object(&path->nodes[i]);
        is_good = node && PyTuple_SetItem(nodes, (Py_ssize_t)i, node) == 0;
    }
    for (size_t i = 0; is_good && i < count; i++) {
        PyObject *step = step_object(
            &path->relationships[i], path->nodes[i].id, PyTuple_GetItem(nodes, (Py_ssize_t)i),
            PyTuple_GetItem(nodes, (Py_ssize_t)i + 1));
        is_good = step && PyTuple_SetItem(steps, (Py_ssize_t)i, step) == 0;
    }
    PyObject *object = is_good ? allocate(path_class) : NULL;
    if (object && PyObject_SetAttr(object, name_nodes, nodes) == 0
        && PyObject_SetAttr(object, name_relationships, steps) == 0) {
        Py_DECREF(nodes);
        Py_DECREF(steps);
        return object;
    }
    Py_XDECREF(nodes);
    Py_XDECREF(steps);
    Py_XDECREF(object);
    return NULL;
}

static PyObject *point_object(const nen_point *point) {
    bool has_z = point->srid == 9157 || point->srid == 4979;
    PyObject *z = Py_None;
    if (has_z) z = PyFloat_FromDouble(point->z);
    else Py_INCREF(z);
    return PyObject_CallFunction(point_class, "ddNI", point->x, point->y, z, point->srid);
}

PyObject *value_of(const nen_value *value) {
    switch (value->type) {
    case NEN_NULL: Py_RETURN_NONE;
    case NEN_BOOLEAN: return PyBool_FromLong(value->as.boolean);
    case NEN_INTEGER: return PyLong_FromLongLong(value->as.integer);
    case NEN_FLOAT: return PyFloat_FromDouble(value->as.real);
    case NEN_STRING: return text_object(value->as.string);
    case NEN_LIST: return list_object(value->as.list.items, value->as.list.count);
    case NEN_MAP: return map_object(value->as.map);
    case NEN_DATE: return date_object(value->as.integer);
    case NEN_LOCAL_TIME: return time_object(value->as.integer, false, 0);
    case NEN_TIME: return time_object(value->as.integer, true, value->extra);
    case NEN_LOCAL_DATETIME: return local_datetime_object(value->as.integer, value->extra);
    case NEN_DATETIME: {
        const nen_datetime *time = value->as.datetime;
        return datetime_object(
            time->seconds, time->nanosecond, time->offset, time->zone.bytes, time->zone.length);
    }
    case NEN_DURATION: {
        const nen_duration *span = value->as.duration;
        return PyObject_CallFunction(
            duration_class, "LLLi", (long long)span->months, (long long)span->days,
            (long long)span->seconds, (int)span->nanosecond);
    }
    case NEN_POINT: return point_object(value->as.point);
    case NEN_NODE: return node_object(value->as.node);
    case NEN_RELATIONSHIP: return relationship_object(value->as.relationship);
    case NEN_PATH: return path_object(value->as.path);
    default: return raise_interface("Install a newer nendb.", "The result has an unknown type.");
    }
}
