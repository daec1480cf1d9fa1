/* nendb.h: the C interface of NenDB, an embedded property-graph database (libnendb.so).
 *
 * Calls give 0, or another number and an error, which `nen_error_free` frees; the place for the
 * error may be NULL. Texts are UTF-8. Texts with a length need no NUL at their end.
 *
 * Threads: a database may be used by any number of threads. Sessions, statements, results and
 * writers are for one thread at a time; a second one gets an error while the first is at work.
 * `nen_interrupt` may be called from any thread and from signal handlers. A process that forks
 * opens the database anew in the child.
 *
 * Life: handles keep alive what they need. Results and Arrow streams may be read when their
 * session and their database are closed. */
#ifndef NENDB_H
#define NENDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};
struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};
#endif

#define NEN_ABI_VERSION 1
const char *nen_version(void);
int32_t nen_abi_version(void);

typedef int32_t nen_status; /* 0: done */

/* What went wrong. `code` and `detail` are openCypher's, such as SyntaxError and UndefinedVariable;
 * `phase` is compile or runtime; `text` is all of it with the line and a caret. `detail` and `hint`
 * may be NULL; line and column count from 1, and are 0 where unknown. */
typedef struct nen_error {
    const char *code, *detail, *gqlstatus, *phase, *message, *hint, *text;
    int32_t line, column;
} nen_error;
void nen_error_free(nen_error *error);

typedef struct nen_database nen_database;
typedef struct nen_session nen_session;
typedef struct nen_statement nen_statement;
typedef struct nen_result nen_result;
typedef struct nen_writer nen_writer;

/* How a database is opened: filled by `nen_options_default`, then changed. 0 stands for the default
 * of sizes and counts. */
typedef struct nen_options {
    size_t size; /* of this struct */
    bool read_only, must_exist;
    int32_t durability; /* 0 full, 1 normal, 2 off */
    int32_t threads;    /* 0: default */
    int64_t memory_budget, memory_limit;
    int64_t busy_timeout_milliseconds; /* negative: default */
    const char *const *file_directories;
    size_t file_directory_count;
} nen_options;

typedef enum nen_type {
    NEN_NULL, NEN_BOOLEAN, NEN_INTEGER, NEN_FLOAT, NEN_STRING, NEN_LIST, NEN_MAP, NEN_DATE,
    NEN_LOCAL_TIME, NEN_TIME, NEN_LOCAL_DATETIME, NEN_DATETIME, NEN_DURATION, NEN_POINT, NEN_NODE,
    NEN_RELATIONSHIP, NEN_PATH
} nen_type;

typedef struct nen_text { const char *bytes; size_t length; } nen_text;
typedef struct nen_value nen_value;
typedef struct nen_map { const nen_text *keys; const nen_value *values; size_t count; } nen_map;
typedef struct nen_node {
    uint32_t id; size_t label_count; const nen_text *labels; nen_map properties;
} nen_node;
typedef struct nen_relationship {
    uint32_t id, source, target; nen_text type; nen_map properties;
} nen_relationship;
typedef struct nen_path {
    const nen_node *nodes; const nen_relationship *relationships; size_t relationship_count;
} nen_path;
typedef struct nen_datetime {
    int64_t seconds; int32_t nanosecond, offset; nen_text zone;
} nen_datetime;
typedef struct nen_duration { int64_t months, days, seconds; int32_t nanosecond; } nen_duration;
typedef struct nen_point { uint32_t srid; double x, y, z; } nen_point;

/* A value; `type` is a `nen_type`. What it points to lives as long as itself. */
struct nen_value {
    uint32_t type;
    int32_t extra; /* offset of a time, nanosecond of a local datetime */
    union {
        bool boolean;
        int64_t integer; /* also days, nanosecond of day, seconds */
        double real;
        nen_text string;
        struct { const nen_value *items; size_t count; } list;
        const nen_map *map;
        const nen_datetime *datetime;
        const nen_duration *duration;
        const nen_point *point;
        const nen_node *node;
        const nen_relationship *relationship;
        const nen_path *path;
    } as;
};

void nen_options_default(nen_options *);
/* Every call gives 0, or a number other than 0 and an error to be freed. */

/* Opens or makes a database; `:memory:`, NULL or an empty path is a new one in memory. */
nen_status nen_open(const char *path, const nen_options *options, nen_database **, nen_error **);
/* Closes it; calls with its handle and its sessions fail from then on. */
nen_status nen_close(nen_database *, nen_error **);
/* Gives the handle up. */
void nen_database_free(nen_database *);

/* A line of statements. Outside of a transaction each statement is one by itself. */
nen_status nen_session_open(nen_database *, nen_session **, nen_error **);
void nen_session_close(nen_session *);
/* Milliseconds that a statement may take; 0 for no limit. */
nen_status nen_session_set_timeout(nen_session *, int64_t milliseconds, nen_error **);
nen_status nen_begin(nen_session *, bool write, nen_error **);
nen_status nen_commit(nen_session *, nen_error **);
nen_status nen_rollback(nen_session *, nen_error **);
bool nen_in_transaction(nen_session *);
/* Ends the statement at work with Interrupted. */
void nen_interrupt(nen_session *);
/* Runs a statement; `parameters` may be NULL. The result is to be closed. */
nen_status nen_execute(
    nen_session *, const char *text, size_t length, nen_writer *parameters, nen_result **,
    nen_error **);
/* A statement whose plan and memory are kept from one run to the next. */
nen_status nen_prepare(
    nen_session *, const char *text, size_t length, nen_statement **, nen_error **);
nen_status nen_statement_execute(nen_statement *, nen_writer *, nen_result **, nen_error **);
void nen_statement_close(nen_statement *);

/* A writer of parameters: `nen_key` and a value, again and again. The writer may be used again
 * behind `nen_writer_reset`. Values in wrong order are an error of the call that takes the
 * writer. */
nen_status nen_parameters_new(nen_writer **, nen_error **);
void nen_writer_free(nen_writer *);
void nen_writer_reset(nen_writer *);
void nen_put_null(nen_writer *);
void nen_put_boolean(nen_writer *, bool);
void nen_put_integer(nen_writer *, int64_t);
void nen_put_float(nen_writer *, double);
void nen_put_string(nen_writer *, const char *, size_t);
void nen_put_date(nen_writer *, int64_t days);
void nen_put_local_time(nen_writer *, int64_t nanosecond_of_day);
void nen_put_time(nen_writer *, int64_t nanosecond_of_day, int32_t offset);
void nen_put_local_datetime(nen_writer *, int64_t seconds, int32_t nanosecond);
void nen_put_datetime(
    nen_writer *, int64_t seconds, int32_t nanosecond, int32_t offset, const char *zone, size_t);
void nen_put_duration(nen_writer *, int64_t months, int64_t days, int64_t seconds, int32_t);
void nen_put_point(nen_writer *, uint32_t srid, double x, double y, double z);
void nen_begin_list(nen_writer *);
void nen_end_list(nen_writer *);
void nen_begin_map(nen_writer *);
void nen_key(nen_writer *, const char *, size_t);
void nen_end_map(nen_writer *);

/* Names of columns are valid until the next fetch, as rows are. */
size_t nen_result_column_count(nen_result *);
nen_text nen_result_column(nen_result *, size_t);
/* At most so many rows (0: what suits the engine), row-major, valid until the next call. */
nen_status nen_result_fetch(
    nen_result *, size_t rows_max, const nen_value **rows, size_t *row_count, nen_error **);
/* The same, but the rows stay to be fetched or exported. */
nen_status nen_result_peek(
    nen_result *, size_t rows_max, const nen_value **rows, size_t *row_count, nen_error **);
/* The rows that are left as a stream of batches of so many rows (0: what suits the engine),
 * which may be read when everything else is closed. A column has one type for all of its values:
 * integers among floats are floats (rounded beyond 2^53), values of different types JSON texts with
 * the extension name `nendb.json`; nodes, relationships, paths, points and maps are structs;
 * timestamps have the unit of microseconds, or of nanoseconds where that is needed; times with an
 * offset, and what Arrow's types cannot hold, are texts. */
nen_status nen_result_arrow(
    nen_result *, size_t batch_rows, struct ArrowArrayStream *out, nen_error **);
/* Nodes created and deleted, relationships created and deleted, labels added and removed,
 * properties set. */
void nen_result_counters(nen_result *, int64_t counters[7]);
/* A remark about a statement that is legal but dubious. */
typedef struct nen_notification { nen_text code, message, hint; int32_t line, column; }
    nen_notification;
size_t nen_result_notification_count(nen_result *);
nen_notification nen_result_notification(nen_result *, size_t);
void nen_result_close(nen_result *);

/* Appends the rows of a table as nodes, its columns as properties: all rows or none. Reads the
 * stream, which the caller releases. */
nen_status nen_append_nodes(
    nen_session *, const char *const *labels, size_t label_count, struct ArrowArrayStream *,
    int64_t *count, nen_error **);
/* The nodes at one end of relationships: `column` of the table has the value of `key` of a node
 * with `label`. */
typedef struct nen_end { const char *label, *key, *column; } nen_end;
nen_status nen_append_relationships(
    nen_session *, const char *type, nen_end source, nen_end target, struct ArrowArrayStream *,
    int64_t *count, nen_error **);

/* A function: gives 0 and has written one value, or another number and has written a string, the
 * reason. It is called on any thread, and must give the same for the same arguments. */
typedef int (*nen_function)(
    void *context, const nen_value *arguments, size_t count, nen_writer *result);
/* Makes it a function of NQL. Types are such as STRING, INTEGER? or LIST<FLOAT>; without a
 * parameter whose type ends in ? a null argument makes the result null. `destroy` is called with
 * the context when nobody can call the function any more, and when this fails. */
nen_status nen_register_function(
    nen_database *, const char *name, const char *const *argument_types, size_t argument_count,
    const char *result_type, nen_function, void *context, void (*destroy)(void *), nen_error **);
#ifdef __cplusplus
}
#endif
#endif
