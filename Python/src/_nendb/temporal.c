/* Dates and times both ways. Towards Python they are objects of `datetime` where these hold them
 * exactly, else `nendb.Temporal`. The limited API has no `datetime`, so that its classes are called
 * and its attributes read like any other's. */

#include "extension.h"

#include <string.h>

enum { DAY_SECONDS = 86400, NANOSECONDS = 1000000000 };
/* 0001-01-01 and 9999-12-31 as days since 1970-01-01. */
enum { DAY_MIN = -719162, DAY_MAX = 2932896 };

static PyObject *date_class, *time_class, *datetime_class, *delta_class, *utc, *epoch_utc;
static PyObject *zone_of, *offset_zone_of, *temporal_class, *duration_class, *point_class;
static PyObject *pandas_marker;

static PyObject *attribute_of(const char *module_name, const char *name) {
    PyObject *module = PyImport_ImportModule(module_name);
    PyObject *found = module ? PyObject_GetAttrString(module, name) : NULL;
    Py_XDECREF(module);
    return found;
}

bool load_temporal(void) {
    date_class = attribute_of("datetime", "date");
    time_class = attribute_of("datetime", "time");
    datetime_class = attribute_of("datetime", "datetime");
    delta_class = attribute_of("datetime", "timedelta");
    PyObject *timezone = attribute_of("datetime", "timezone");
    utc = timezone ? PyObject_GetAttrString(timezone, "utc") : NULL;
    Py_XDECREF(timezone);
    zone_of = attribute_of("nendb.zones", "named");
    offset_zone_of = attribute_of("nendb.zones", "fixed");
    temporal_class = attribute_of("nendb.values", "Temporal");
    duration_class = attribute_of("nendb.values", "Duration");
    point_class = attribute_of("nendb.values", "Point");
    pandas_marker = PyUnicode_FromString("to_datetime64");
    if (PyErr_Occurred()) return false;
    epoch_utc = PyObject_CallFunction(datetime_class, "iiiiiiiO", 1970, 1, 1, 0, 0, 0, 0, utc);
    return epoch_utc != NULL;
}

/* MARK: Towards Python */

/* Year, month and day of a day within DAY_MIN ... DAY_MAX (Howard Hinnant's civil_from_days). */
static void civil(int64_t days, int *year, int *month, int *day) {
    int64_t shifted = days + 719468;
    int64_t era = shifted / 146097, of_era = shifted - era * 146097;
    int64_t year_of_era =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t index = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * index + 2) / 5 + 1);
    *month = (int)(index < 10 ? index + 3 : index - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static int64_t floor_divide(int64_t number, int64_t divisor) {
    return number / divisor - (number % divisor < 0);
}

static PyObject *temporal(
    const char *kind, int64_t days, int64_t seconds, int32_t nanosecond, int32_t offset,
    const char *zone, size_t zone_length
) {
    PyObject *name = Py_None;
    if (zone) name = PyUnicode_FromStringAndSize(zone, (Py_ssize_t)zone_length);
    else Py_INCREF(name);
    if (!name) return NULL;
    return PyObject_CallFunction(
        temporal_class, "sLLiiN", kind, (long long)days, (long long)seconds, (int)nanosecond,
        (int)offset, name);
}

PyObject *date_object(int64_t days) {
    if (days < DAY_MIN || days > DAY_MAX) return temporal("date", days, 0, 0, 0, NULL, 0);
    int year, month, day;
    civil(days, &year, &month, &day);
    return PyObject_CallFunction(date_class, "iii", year, month, day);
}

PyObject *time_object(int64_t nanosecond_of_day, bool has_offset, int32_t offset) {
    int64_t second = nanosecond_of_day / NANOSECONDS;
    int32_t nanosecond = (int32_t)(nanosecond_of_day % NANOSECONDS);
    if (nanosecond % 1000) {
        return temporal(has_offset ? "time" : "local_time", 0, second, nanosecond, offset, NULL, 0);
    }
    PyObject *zone = Py_None;
    if (has_offset) zone = PyObject_CallFunction(offset_zone_of, "i", (int)offset);
    else Py_INCREF(zone);
    if (!zone) return NULL;
    return PyObject_CallFunction(
        time_class, "iiiiN", (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60),
        (int)(nanosecond / 1000), zone);
}

PyObject *local_datetime_object(int64_t seconds, int32_t nanosecond) {
    int64_t days = floor_divide(seconds, DAY_SECONDS);
    if (nanosecond % 1000 || days < DAY_MIN || days > DAY_MAX) {
        return temporal("local_datetime", 0, seconds, nanosecond, 0, NULL, 0);
    }
    int second = (int)(seconds - days * DAY_SECONDS), year, month, day;
    civil(days, &year, &month, &day);
    return PyObject_CallFunction(
        datetime_class, "iiiiiii", year, month, day, second / 3600, second / 60 % 60, second % 60,
        (int)(nanosecond / 1000));
}

/* The instant on the clock of a time zone; NULL without an exception where the zone's rules in
 * Python give another offset than the engine's. */
static PyObject *on_clock(
    int64_t seconds, int32_t nanosecond, int32_t offset, PyObject *zone
) {
    int64_t days = floor_divide(seconds, DAY_SECONDS);
    PyObject *span = PyObject_CallFunction(
        delta_class, "iii", (int)days, (int)(seconds - days * DAY_SECONDS),
        (int)(nanosecond / 1000));
    PyObject *instant = span ? PyNumber_Add(epoch_utc, span) : NULL;
    PyObject *local = instant ? PyObject_CallMethod(instant, "astimezone", "O", zone) : NULL;
    PyObject *found = local ? PyObject_CallMethod(local, "utcoffset", NULL) : NULL;
    PyObject *wanted = PyObject_CallFunction(delta_class, "ii", 0, (int)offset);
    int is_equal = found && wanted ? PyObject_RichCompareBool(found, wanted, Py_EQ) : -1;
    Py_XDECREF(span);
    Py_XDECREF(instant);
    Py_XDECREF(found);
    Py_XDECREF(wanted);
    if (is_equal == 1) return local;
    Py_XDECREF(local);
    return NULL;
}

PyObject *datetime_object(
    int64_t seconds, int32_t nanosecond, int32_t offset, const char *zone, size_t zone_length
) {
    /* A day less on either side, as the clock of the zone may show another day. */
    int64_t days = floor_divide(seconds, DAY_SECONDS);
    if (nanosecond % 1000 == 0 && days > DAY_MIN && days < DAY_MAX) {
        PyObject *info = zone
            ? PyObject_CallFunction(zone_of, "s#", zone, (Py_ssize_t)zone_length)
            : PyObject_CallFunction(offset_zone_of, "i", (int)offset);
        if (!info) return NULL;
        PyObject *found = info == Py_None ? NULL : on_clock(seconds, nanosecond, offset, info);
        Py_DECREF(info);
        if (found || PyErr_Occurred()) return found;
    }
    return temporal("datetime", 0, seconds, nanosecond, offset, zone, zone_length);
}

/* MARK: From Python */

static bool number_of(PyObject *object, const char *name, int64_t *number) {
    PyObject *value = PyObject_GetAttrString(object, name);
    if (!value) return false;
    bool is_good = int64_of(value, number);
    Py_DECREF(value);
    return is_good;
}

/* The whole seconds of `object.utcoffset()`; `has_offset` is false for one that knows none. */
static bool offset_of(PyObject *object, bool *has_offset, int64_t *offset) {
    PyObject *delta = PyObject_CallMethod(object, "utcoffset", NULL);
    if (!delta) return false;
    *has_offset = delta != Py_None;
    *offset = 0;
    bool is_good = true;
    if (*has_offset) {
        int64_t days = 0, seconds = 0, micro = 0;
        is_good = number_of(delta, "days", &days) && number_of(delta, "seconds", &seconds)
            && number_of(delta, "microseconds", &micro);
        *offset = days * DAY_SECONDS + seconds;
        if (is_good && micro) {
            raise_interface(
                "Bring it to UTC: `value.astimezone(datetime.timezone.utc)`.",
                "The offset of %R has fractions of a second.", object);
            is_good = false;
        }
    }
    Py_DECREF(delta);
    return is_good;
}

static bool day_of(PyObject *date, int64_t *day) {
    PyObject *ordinal = PyObject_CallMethod(date, "toordinal", NULL);
    if (!ordinal) return false;
    bool is_good = int64_of(ordinal, day);
    Py_DECREF(ordinal);
    *day -= 719163;
    return is_good;
}

/* Seconds of the day and nanoseconds of a time or a datetime. */
static bool clock_of(PyObject *object, int64_t *seconds, int64_t *nanosecond) {
    int64_t hour, minute, second, micro;
    if (!number_of(object, "hour", &hour) || !number_of(object, "minute", &minute)
        || !number_of(object, "second", &second) || !number_of(object, "microsecond", &micro)) {
        return false;
    }
    *seconds = hour * 3600 + minute * 60 + second;
    *nanosecond = micro * 1000;
    return true;
}

/* The IANA name of `object.tzinfo` as a new reference; NULL where it has none. */
static PyObject *zone_name(PyObject *object) {
    PyObject *info = PyObject_GetAttrString(object, "tzinfo");
    PyObject *name = info ? PyObject_GetAttrString(info, "key") : NULL;
    if (info && !name) {
        PyErr_Clear();
        name = PyObject_GetAttrString(info, "zone");
    }
    Py_XDECREF(info);
    if (name && PyUnicode_Check(name)) return name;
    PyErr_Clear();
    Py_XDECREF(name);
    return NULL;
}

static bool put_zoned(
    nen_writer *writer, int64_t seconds, int64_t nanosecond, int64_t offset, PyObject *name
) {
    Py_ssize_t length = 0;
    const char *text = name ? utf8_of(name, &length) : NULL;
    if (name && !text) return false;
    nen_put_datetime(
        writer, seconds, (int32_t)nanosecond, (int32_t)offset, text, (size_t)length);
    return true;
}

static bool put_datetime(nen_writer *writer, PyObject *value) {
    bool has_offset = false;
    int64_t day = 0, seconds = 0, nanosecond = 0, offset = 0;
    if (!day_of(value, &day) || !clock_of(value, &seconds, &nanosecond)
        || !offset_of(value, &has_offset, &offset)) {
        return false;
    }
    seconds += day * DAY_SECONDS;
    if (!has_offset) {
        nen_put_local_datetime(writer, seconds, (int32_t)nanosecond);
        return true;
    }
    PyObject *name = zone_name(value);
    bool put = put_zoned(writer, seconds - offset, nanosecond, offset, name);
    Py_XDECREF(name);
    return put;
}

static bool put_time(nen_writer *writer, PyObject *value) {
    bool has_offset = false;
    int64_t seconds = 0, nanosecond = 0, offset = 0;
    if (!clock_of(value, &seconds, &nanosecond) || !offset_of(value, &has_offset, &offset)) {
        return false;
    }
    int64_t of_day = seconds * NANOSECONDS + nanosecond;
    if (has_offset) nen_put_time(writer, of_day, (int32_t)offset);
    else nen_put_local_time(writer, of_day);
    return true;
}

static bool put_delta(nen_writer *writer, PyObject *value) {
    int64_t days = 0, seconds = 0, micro = 0, nanosecond = 0;
    if (!number_of(value, "days", &days) || !number_of(value, "seconds", &seconds)
        || !number_of(value, "microseconds", &micro)) {
        return false;
    }
    /* What pandas has in its own kind of it. */
    if (PyObject_HasAttrString(value, "nanoseconds")
        && !number_of(value, "nanoseconds", &nanosecond)) {
        return false;
    }
    nen_put_duration(writer, 0, days, seconds, (int32_t)(micro * 1000 + nanosecond));
    return true;
}

static bool put_duration(nen_writer *writer, PyObject *value) {
    int64_t months = 0, days = 0, seconds = 0, nanosecond = 0;
    if (!number_of(value, "months", &months) || !number_of(value, "days", &days)
        || !number_of(value, "seconds", &seconds)
        || !number_of(value, "nanoseconds", &nanosecond)) {
        return false;
    }
    nen_put_duration(writer, months, days, seconds, (int32_t)nanosecond);
    return true;
}

static bool float_of(PyObject *object, const char *name, double *number) {
    PyObject *value = PyObject_GetAttrString(object, name);
    *number = !value || value == Py_None ? 0 : PyFloat_AsDouble(value);
    Py_XDECREF(value);
    return !PyErr_Occurred();
}

static bool put_point(nen_writer *writer, PyObject *value) {
    int64_t srid = 0;
    double x = 0, y = 0, z = 0;
    if (!number_of(value, "srid", &srid) || !float_of(value, "x", &x) || !float_of(value, "y", &y)
        || !float_of(value, "z", &z)) {
        return false;
    }
    nen_put_point(writer, (uint32_t)srid, x, y, z);
    return true;
}

static bool put_precise(nen_writer *writer, PyObject *value) {
    int64_t days = 0, seconds = 0, nanosecond = 0, offset = 0;
    PyObject *kind = PyObject_GetAttrString(value, "kind");
    Py_ssize_t length = 0;
    const char *name = kind && PyUnicode_Check(kind) ? utf8_of(kind, &length) : NULL;
    bool put = name && number_of(value, "days", &days) && number_of(value, "seconds", &seconds)
        && number_of(value, "nanosecond", &nanosecond) && number_of(value, "offset", &offset);
    if (!put) {
        Py_XDECREF(kind);
        return false;
    }
    int64_t of_day = seconds * NANOSECONDS + nanosecond;
    if (!strcmp(name, "date")) nen_put_date(writer, days);
    else if (!strcmp(name, "local_time")) nen_put_local_time(writer, of_day);
    else if (!strcmp(name, "time")) nen_put_time(writer, of_day, (int32_t)offset);
    else if (!strcmp(name, "local_datetime")) {
        nen_put_local_datetime(writer, seconds, (int32_t)nanosecond);
    } else if (!strcmp(name, "datetime")) {
        PyObject *zone = PyObject_GetAttrString(value, "zone");
        bool has_zone = zone && zone != Py_None;
        put = zone && put_zoned(writer, seconds, nanosecond, offset, has_zone ? zone : NULL);
        Py_XDECREF(zone);
    } else {
        raise_interface(
            "The kinds are date, local_time, time, local_datetime and datetime.",
            "A Temporal has no kind %R.", kind);
        put = false;
    }
    Py_DECREF(kind);
    return put;
}

TemporalOutcome put_temporal(nen_writer *writer, PyObject *value) {
    static const struct {
        PyObject **class;
        bool (*put)(nen_writer *, PyObject *);
    } kinds[] = {
        {&duration_class, put_duration}, {&point_class, put_point}, {&temporal_class, put_precise},
        {&delta_class, put_delta}, {&time_class, put_time},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int is_one = PyObject_IsInstance(value, *kinds[i].class);
        if (is_one < 0) return PUT_FAILED;
        /* pandas' own kinds of time have nanoseconds, which `adapt` knows. */
        if (is_one && PyObject_HasAttr(value, pandas_marker)) return NOT_TEMPORAL;
        if (is_one) return kinds[i].put(writer, value) ? PUT : PUT_FAILED;
    }
    int is_date = PyObject_IsInstance(value, date_class);
    if (is_date <= 0) return is_date ? PUT_FAILED : NOT_TEMPORAL;
    if (PyObject_HasAttr(value, pandas_marker)) return NOT_TEMPORAL;
    if (PyObject_IsInstance(value, datetime_class)) {
        return put_datetime(writer, value) ? PUT : PUT_FAILED;
    }
    int64_t day = 0;
    if (!day_of(value, &day)) return PUT_FAILED;
    nen_put_date(writer, day);
    return PUT;
}
