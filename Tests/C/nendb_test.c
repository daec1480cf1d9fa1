/* Goal: `nendb.h` holds for a program in C. Method: values of all types both ways, misuse, results
 * that outlive what they came from, an Arrow stream, interruption, and many executions; each check
 * names its line. `make test-c` runs it under AddressSanitizer. */

#include <nendb.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* The call gave 0; else its error is printed. */
#define GOOD(call)                                                                                 \
    do {                                                                                           \
        nen_error *error = NULL;                                                                   \
        if (call) {                                                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, error ? error->text : "?");         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static nen_result *run(nen_session *session, const char *text, nen_writer *parameters) {
    nen_result *result = NULL;
    GOOD(nen_execute(session, text, strlen(text), parameters, &result, &error));
    return result;
}

/* The rows of the next batch. */
static size_t fetch(nen_result *result, const nen_value **rows) {
    size_t count = 0;
    GOOD(nen_result_fetch(result, 0, rows, &count, &error));
    return count;
}

/* The call fails with this code. */
#define BAD(call, wanted)                                                                          \
    do {                                                                                           \
        nen_error *error = NULL;                                                                   \
        CHECK((call) != 0 && error != NULL);                                                       \
        CHECK(strcmp(error->code, wanted) == 0);                                                   \
        CHECK(strlen(error->message) > 0 && strlen(error->gqlstatus) == 5);                        \
        nen_error_free(error);                                                                     \
    } while (0)

static bool is_text(nen_text text, const char *wanted) {
    return text.length == strlen(wanted) && memcmp(text.bytes, wanted, text.length) == 0;
}

static void put_values(nen_writer *writer) {
    nen_key(writer, "l", 1);
    nen_begin_list(writer);
    nen_put_null(writer);
    nen_put_boolean(writer, true);
    nen_put_integer(writer, INT64_MIN);
    nen_put_float(writer, 0.5);
    nen_put_string(writer, "a longer text than fits", 23);
    nen_put_date(writer, -1);
    nen_put_local_time(writer, 86399999999999);
    nen_put_time(writer, 1, 3600);
    nen_put_local_datetime(writer, -5, 7);
    nen_put_datetime(writer, 1700000000, 9, 3600, "Europe/Stockholm", 16);
    nen_put_duration(writer, 1, -2, 3, 4);
    nen_put_point(writer, 9157, 1, 2, 3);
    nen_begin_map(writer);
    nen_key(writer, "k", 1);
    nen_put_integer(writer, 7);
    nen_end_map(writer);
    nen_end_list(writer);
}

static void values(nen_session *session) {
    nen_writer *writer = NULL;
    GOOD(nen_parameters_new(&writer, &error));
    put_values(writer);
    nen_result *result = run(session, "RETURN $l AS l", writer);
    CHECK(nen_result_column_count(result) == 1 && is_text(nen_result_column(result, 0), "l"));
    const nen_value *rows;
    CHECK(fetch(result, &rows) == 1 && rows[0].type == NEN_LIST && rows[0].as.list.count == 13);
    const nen_value *items = rows[0].as.list.items;
    CHECK(items[0].type == NEN_NULL);
    CHECK(items[1].type == NEN_BOOLEAN && items[1].as.boolean);
    CHECK(items[2].type == NEN_INTEGER && items[2].as.integer == INT64_MIN);
    CHECK(items[3].type == NEN_FLOAT && items[3].as.real == 0.5);
    CHECK(items[4].type == NEN_STRING && is_text(items[4].as.string, "a longer text than fits"));
    CHECK(items[5].type == NEN_DATE && items[5].as.integer == -1);
    CHECK(items[6].type == NEN_LOCAL_TIME && items[6].as.integer == 86399999999999);
    CHECK(items[7].type == NEN_TIME && items[7].as.integer == 1 && items[7].extra == 3600);
    CHECK(items[8].type == NEN_LOCAL_DATETIME && items[8].as.integer == -5 && items[8].extra == 7);
    const nen_datetime *instant = items[9].as.datetime;
    CHECK(items[9].type == NEN_DATETIME && instant->seconds == 1700000000);
    CHECK(instant->nanosecond == 9 && is_text(instant->zone, "Europe/Stockholm"));
    const nen_duration *span = items[10].as.duration;
    CHECK(items[10].type == NEN_DURATION && span->months == 1 && span->days == -2);
    CHECK(span->seconds == 3 && span->nanosecond == 4);
    CHECK(items[11].type == NEN_POINT && items[11].as.point->z == 3);
    CHECK(items[12].type == NEN_MAP && is_text(items[12].as.map->keys[0], "k"));
    nen_result_close(result);
    nen_writer_free(writer);
}

static void graph(nen_session *session) {
    nen_result *made = run(session, "CREATE (:A:B {x: 1})-[:R {y: 2}]->(:C)", NULL);
    int64_t counters[7];
    nen_result_counters(made, counters);
    CHECK(counters[0] == 2 && counters[2] == 1 && counters[4] == 3 && counters[6] == 2);
    nen_result_close(made);
    nen_result *result = run(session, "MATCH p = (a:A)-[r]->(c) RETURN a, r, p", NULL);
    const nen_value *rows;
    CHECK(fetch(result, &rows) == 1);
    CHECK(rows[0].type == NEN_NODE && rows[0].as.node->label_count == 2);
    CHECK(rows[1].type == NEN_RELATIONSHIP && is_text(rows[1].as.relationship->type, "R"));
    CHECK(rows[2].type == NEN_PATH && rows[2].as.path->relationship_count == 1);
    CHECK(rows[2].as.path->nodes[0].id == rows[0].as.node->id);
    CHECK(fetch(result, &rows) == 0);
    nen_result_close(result);
}

static void misuse(nen_session *session) {
    nen_result *result = NULL;
    nen_session *none = NULL;
    BAD(nen_execute(NULL, "RETURN 1", 8, NULL, &result, &error), "ProtocolError");
    BAD(nen_session_open(NULL, &none, &error), "ProtocolError");
    BAD(nen_commit(session, &error), "TransactionError");
    BAD(nen_execute(session, "RETURN q", 8, NULL, &result, &error), "SyntaxError");
    CHECK(nen_execute(session, "RETURN q", 8, NULL, &result, NULL) != 0);
    nen_error *wrong = NULL;
    CHECK(nen_execute(session, "RETURN q", 8, NULL, &result, &wrong) != 0);
    CHECK(wrong->line == 1 && wrong->column == 8 && strchr(wrong->text, '^'));
    nen_error_free(wrong);
    nen_writer *writer = NULL;
    GOOD(nen_parameters_new(&writer, &error));
    nen_put_null(writer);
    BAD(nen_execute(session, "RETURN 1 AS x", 13, writer, &result, &error), "ProtocolError");
    nen_writer_free(writer);
}

/* Arguments that no program means to give: typed errors, whatever stands in them. */
static void hostile(nen_database *database, nen_session *session) {
    nen_result *result = NULL;
    nen_session *none = NULL;
    const nen_value *rows;
    size_t count = 0;
    BAD(nen_open(":memory:", NULL, NULL, &error), "ProtocolError");
    BAD(nen_session_open((nen_database *)session, &none, &error), "ProtocolError");
    BAD(nen_execute((nen_session *)database, "RETURN 1", 8, NULL, &result, &error),
        "ProtocolError");
    BAD(nen_execute(session, "RETURN 1 AS x", 13, NULL, NULL, &error), "ProtocolError");
    result = run(session, "UNWIND range(1, 10) AS i RETURN i", NULL);
    BAD(nen_result_fetch(result, 0, NULL, &count, &error), "ProtocolError");
    BAD(nen_result_fetch(result, 0, &rows, NULL, &error), "ProtocolError");
    GOOD(nen_result_peek(result, 0, &rows, &count, &error));
    CHECK(count == 10);
    GOOD(nen_result_fetch(result, SIZE_MAX, &rows, &count, &error));
    CHECK(count == 10 && rows[9].as.integer == 10);
    nen_result_close(result);
    nen_writer *writer = NULL;
    GOOD(nen_parameters_new(&writer, &error));
    nen_key(writer, "x", 1);
    for (int depth = 0; depth < 100000; depth++) nen_begin_list(writer);
    for (int depth = 0; depth < 100000; depth++) nen_end_list(writer);
    BAD(nen_execute(session, "RETURN $x AS x", 14, writer, &result, &error), "ProtocolError");
    nen_writer_reset(writer);
    nen_key(writer, "x", 1);
    nen_put_point(writer, 4326, 0, 91, 0);
    BAD(nen_execute(session, "RETURN $x AS x", 14, writer, &result, &error), "ArgumentError");
    nen_writer_reset(writer);
    nen_key(writer, "x", 1);
    nen_put_date(writer, INT64_MAX);
    BAD(nen_execute(session, "RETURN $x AS x", 14, writer, &result, &error), "ArgumentError");
    nen_writer_free(writer);
    /* A program of an older header knows fewer options. */
    nen_options options;
    memset(&options, 0xAB, sizeof options);
    options.size = sizeof options.size;
    nen_database *other = NULL;
    GOOD(nen_open(":memory:", &options, &other, &error));
    GOOD(nen_close(other, &error));
    nen_database_free(other);
}

/* A session that is closed gives its transaction up, though a result of it is open. */
static void closed_session(nen_database *database) {
    nen_session *first = NULL, *second = NULL;
    GOOD(nen_session_open(database, &first, &error));
    GOOD(nen_begin(first, true, &error));
    nen_result *result = run(first, "CREATE (c:Left {x: 1}) RETURN c.x AS x", NULL);
    nen_session_close(first);
    GOOD(nen_session_open(database, &second, &error));
    nen_result_close(run(second, "CREATE (:Kept {x: 2})", NULL));
    nen_result *count = run(second, "MATCH (c:Left) RETURN count(c) AS n", NULL);
    const nen_value *rows;
    CHECK(fetch(count, &rows) == 1 && rows[0].as.integer == 0);
    nen_result_close(count);
    nen_result_close(result);
    nen_session_close(second);
}

static struct ArrowArrayStream arrow(nen_session *session, const char *text, size_t rows) {
    struct ArrowArrayStream stream;
    nen_result *result = run(session, text, NULL);
    GOOD(nen_result_arrow(result, rows, &stream, &error));
    nen_result_close(result);
    return stream;
}

/* Each column's format in `text`'s result. */
static void has_formats(
    nen_session *session, const char *text, const char *formats[], int count) {
    struct ArrowArrayStream stream = arrow(session, text, SIZE_MAX);
    struct ArrowSchema schema;
    CHECK(stream.get_schema(&stream, &schema) == 0 && schema.n_children == count);
    for (int i = 0; i < count; i++) CHECK(strcmp(schema.children[i]->format, formats[i]) == 0);
    schema.release(&schema);
    struct ArrowArray array;
    CHECK(stream.get_next(&stream, &array) == 0 && array.release && array.length > 0);
    array.release(&array);
    stream.release(&stream);
}

static int (*plain_schema)(struct ArrowArrayStream *, struct ArrowSchema *);

/* The schema with the first column, integers, as nanoseconds since 1970. */
static int instants(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    int status = plain_schema(stream, out);
    free((void *)out->children[0]->format);
    out->children[0]->format = strdup("tsn:Europe/Stockholm");
    return status;
}

static void arrow_values(nen_session *session) {
    /* Nanoseconds do not reach the year 9999. */
    has_formats(
        session,
        "UNWIND [localdatetime('9999-12-31T00:00:00'), localdatetime('2020-01-01T00:00:00.1')] AS t"
        " RETURN t, localdatetime('2020-01-01T00:00:00.000000001') AS n,"
        " CASE t.year WHEN 9999 THEN t ELSE localdatetime('2020-01-01T00:00:00.000000001') END"
        " AS m",
        (const char *[]){"tsu:", "tsn:", "U"}, 3);
    struct ArrowArrayStream stream =
        arrow(session, "UNWIND [-9223372036854775807 - 1, 0] AS t RETURN t", 0);
    plain_schema = stream.get_schema;
    stream.get_schema = instants;
    const char *labels[] = {"Instant"};
    int64_t count = 0;
    GOOD(nen_append_nodes(session, labels, 1, &stream, &count, &error));
    stream.release(&stream);
    nen_result *result = run(
        session, "MATCH (i:Instant) RETURN min(i.t).year AS y, max(i.t).timezone AS z", NULL);
    const nen_value *rows;
    CHECK(count == 2 && fetch(result, &rows) == 1 && rows[0].as.integer == 1677);
    CHECK(is_text(rows[1].as.string, "Europe/Stockholm"));
    nen_result_close(result);
}

/* All rows or none, in a transaction of their own and in an open one. */
static void append_fails_whole(nen_session *session) {
    nen_result_close(run(session, "CREATE CONSTRAINT FOR (k:Key) REQUIRE k.k IS UNIQUE", NULL));
    const char *labels[] = {"Key"};
    for (int is_open = 0; is_open < 2; is_open++) {
        int64_t count = 0;
        if (is_open) GOOD(nen_begin(session, true, &error));
        struct ArrowArrayStream stream =
            arrow(session, "UNWIND [1, 2, 3, 4, 5, 1] AS k RETURN k", 2);
        BAD(nen_append_nodes(session, labels, 1, &stream, &count, &error),
            "ConstraintValidationFailed");
        stream.release(&stream);
        if (is_open) GOOD(nen_commit(session, &error));
        nen_result *result = run(session, "MATCH (k:Key) RETURN count(k) AS n", NULL);
        const nen_value *rows;
        CHECK(fetch(result, &rows) == 1 && rows[0].as.integer == 0);
        nen_result_close(result);
    }
}

/* Names are names, whatever is in them: here a backtick with an accent. */
static void append_by_odd_names(nen_session *session) {
    const char *name = "a`\xCC\x81) DETACH DELETE (n";
    const char *labels[] = {name};
    nen_end end = {name, "k", "k"}, other = {name, "k", "l"};
    int64_t count = 0;
    struct ArrowArrayStream stream = arrow(session, "UNWIND [1, 2] AS k RETURN k", 0);
    GOOD(nen_append_nodes(session, labels, 1, &stream, &count, &error));
    stream.release(&stream);
    stream = arrow(session, "RETURN 1 AS k, 2 AS l", 0);
    GOOD(nen_append_relationships(session, "R`", end, other, &stream, &count, &error));
    stream.release(&stream);
    CHECK(count == 1);
}

static void arrow_outlives(void) {
    nen_database *database = NULL;
    nen_session *session = NULL;
    GOOD(nen_open(":memory:", NULL, &database, &error));
    GOOD(nen_session_open(database, &session, &error));
    nen_result *result =
        run(session, "UNWIND range(1, 5000) AS i RETURN i, toString(i) AS s", NULL);
    struct ArrowArrayStream stream;
    GOOD(nen_result_arrow(result, 1000, &stream, &error));
    nen_result_close(result);
    nen_session_close(session);
    GOOD(nen_close(database, &error));
    nen_database_free(database);
    struct ArrowSchema schema;
    CHECK(stream.get_schema(&stream, &schema) == 0 && schema.n_children == 2);
    CHECK(strcmp(schema.children[0]->format, "l") == 0);
    schema.release(&schema);
    int64_t rows = 0, sum = 0;
    for (;;) {
        struct ArrowArray array;
        CHECK(stream.get_next(&stream, &array) == 0);
        if (!array.release) break;
        CHECK(array.length <= 1000);
        const int64_t *numbers = array.children[0]->buffers[1];
        for (int64_t i = 0; i < array.length; i++) sum += numbers[array.offset + i];
        rows += array.length;
        array.release(&array);
    }
    stream.release(&stream);
    CHECK(rows == 5000 && sum == 5000 * 5001 / 2);
}

static void *interrupt_later(void *session) {
    usleep(300000);
    nen_interrupt(session);
    return NULL;
}

static void interruption(nen_session *session) {
    const char *text = "UNWIND range(1, 1000000000) AS i RETURN sum(i % 7) AS s";
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, interrupt_later, session) == 0);
    nen_result *result = NULL;
    const nen_value *rows;
    size_t count;
    GOOD(nen_execute(session, text, strlen(text), NULL, &result, &error));
    BAD(nen_result_fetch(result, 0, &rows, &count, &error), "Interrupted");
    nen_result_close(result);
    pthread_join(thread, NULL);
}

static int64_t resident_pages(void) {
    int64_t size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%" SCNd64 " %" SCNd64, &size, &resident) == 2);
    fclose(file);
    return resident;
}

static void many(nen_session *session) {
    nen_statement *statement = NULL;
    nen_writer *writer = NULL;
    const char *text = "MATCH (a:A {x: $x}) RETURN a, $x AS x";
    GOOD(nen_prepare(session, text, strlen(text), &statement, &error));
    GOOD(nen_parameters_new(&writer, &error));
    int64_t before = 0;
    for (int i = 0; i < 100000; i++) {
        if (i == 20000) before = resident_pages();
        nen_writer_reset(writer);
        nen_key(writer, "x", 1);
        nen_put_integer(writer, 1);
        nen_result *result = NULL;
        GOOD(nen_statement_execute(statement, writer, &result, &error));
        const nen_value *rows;
        CHECK(fetch(result, &rows) == 1 && rows[1].as.integer == 1);
        nen_result_close(result);
    }
    CHECK(resident_pages() - before < 4096);
    nen_statement_close(statement);
    nen_writer_free(writer);
}

static int twice(void *context, const nen_value *arguments, size_t count, nen_writer *result) {
    ++*(int *)context;
    if (count == 1 && arguments[0].as.integer >= 0) {
        nen_put_integer(result, arguments[0].as.integer * 2);
        return 0;
    }
    nen_put_string(result, "negative", 8);
    return 1;
}

static void functions(nen_database *database, nen_session *session) {
    static int calls;
    const char *types[] = {"INTEGER"};
    GOOD(nen_register_function(
        database, "twice", types, 1, "INTEGER", twice, &calls, NULL, &error));
    nen_result *result = run(session, "RETURN twice(21) AS x", NULL);
    const nen_value *rows;
    CHECK(fetch(result, &rows) == 1 && rows[0].as.integer == 42 && calls > 0);
    nen_result_close(result);
}

int main(void) {
    CHECK(nen_abi_version() == NEN_ABI_VERSION && strlen(nen_version()) > 0);
    nen_database *database = NULL;
    nen_session *session = NULL;
    GOOD(nen_open(":memory:", NULL, &database, &error));
    GOOD(nen_session_open(database, &session, &error));
    values(session);
    graph(session);
    misuse(session);
    hostile(database, session);
    closed_session(database);
    arrow_values(session);
    append_fails_whole(session);
    append_by_odd_names(session);
    arrow_outlives();
    interruption(session);
    functions(database, session);
    many(session);
    nen_result *rest = run(session, "UNWIND range(1, 5000) AS i RETURN i", NULL);
    GOOD(nen_close(database, &error));
    nen_session *late = NULL;
    BAD(nen_session_open(database, &late, &error), "DatabaseError");
    nen_session_close(session);
    nen_database_free(database);
    const nen_value *rows;
    size_t count = 0;
    for (size_t more; (more = fetch(rest, &rows));) count += more;
    CHECK(count == 5000);
    nen_result_close(rest);
    puts("nendb.h: all checks hold");
    return 0;
}
