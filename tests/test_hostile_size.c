/* Weight files that are large, or claim to be: memory and time must grow with the file's size, not with its claims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/json.h"
#include "support/about.h"
#include "support/allocation.h"
#include "support/effort.h"
#include "support/hostile.h"

enum { MILLION = 1000000, HEADER_MAX = 16777216 };

/* A text that is put together. */
typedef struct text {
    char *at;
    size_t length, room;
} text;

static void append(text *t, const char *piece, size_t times) {
    size_t length = strlen(piece);
    if (t->room < t->length + length * times) {
        t->room = 2 * t->room + length * times;
        t->at = realloc(t->at, t->room);
        assert_non_null(t->at);
    }
    for (size_t i = 0; i < times; i++, t->length += length)
        memcpy(t->at + t->length, piece, length);
}

/* A header whose model's text is `before`, `times` times `piece`, and `after`, in which quotes are escaped already. */
static void model_refused(const char *before, const char *piece, size_t times, const char *after, size_t data,
                          const char *fragment) {
    text t = {NULL, 0, 0};
    char entry[120];
    append(&t, "{\"__metadata__\":{\"gensample\":\"1\",\"model\":\"", 1);
    append(&t, before, 1);
    append(&t, piece, times);
    append(&t, after, 1);
    append(&t, "\"}", 1);
    snprintf(entry, sizeof entry, ",\"reference_a\":{\"dtype\":\"F32\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}",
             data / 4, data);
    append(&t, data ? entry : "", 1);
    append(&t, "}", 1);
    unsigned char *zeros = calloc(data + 1, 1);
    assert_non_null(zeros);
    hostile_kind();
    hostile_header_refused(t.at, t.length, zeros, data, fragment);
    free(zeros);
    free(t.at);
}

#define MODEL(more)                                                                                              \
    "{\\\"name\\\":\\\"m\\\",\\\"kind\\\":\\\"score\\\",\\\"inputs\\\":[\\\"x\\\"],\\\"data\\\":{\\\"shape\\\":" \
    "[1,1,1],\\\"range\\\":[0,1]" more
#define NODES MODEL("},\\\"graph\\\":{\\\"outputs\\\":[\\\"a\\\"],\\\"nodes\\\":[")
#define NODE "{\\\"name\\\":\\\"a\\\",\\\"op\\\":\\\"neg\\\",\\\"inputs\\\":[\\\"x\\\"]}"

static void test_a_million_nodes(void **state) {
    (void)state;
    static const char *const nodes[] = {"0,", "{},", "[],", "\\\"\\\",", ","};
    for (size_t i = 0; i < GS_COUNT(nodes); i++)
        model_refused(NODES, nodes[i], MILLION, "0]}}", 0, "header: as JSON it may take");
    /* Enough data that the header's text may be kept. */
    for (size_t i = 0; i < (size_t)effort(GS_COUNT(nodes)); i++)
        model_refused(NODES, nodes[i], MILLION, "0]}}", 36000000,
                      "graph.nodes: found 1000001 nodes, expected 1 ... 65536");
    model_refused(NODES, NODE ",", MILLION, NODE "]}}", 0, "header length: found 5");
    model_refused(NODES, NODE ",", 10000, NODE "]}}", 3000000,
                  "graph.nodes: found 10001 nodes, expected at most 8904 in a file of");
    /* As many nodes as are allowed, of which the last is wrong. */
    model_refused(NODES, "{\\\"name\\\":\\\"a\\\",\\\"op\\\":\\\"neg\\\"},", 2000, "0]}}", 400000,
                  "node 2000: found an integer, expected an object");
}

static void test_a_million_values(void **state) {
    (void)state;
    static const char *const places[] = {MODEL(",\\\"ladder\\\":["), MODEL("},\\\"provenance\\\":{\\\"a\\\":["),
                                         MODEL("},\\\"inputs\\\":["), MODEL("},\\\"default\\\":{\\\"sigmas\\\":[")};
    for (size_t i = 0; i < GS_COUNT(places); i++) {
        model_refused(places[i], "1,", MILLION, "1]}}", 0, "header: as JSON it may take");
        model_refused(places[i], "{},", MILLION, "1]}}", 32000000, "model: as JSON it may take");
    }
    model_refused(NODES "{\\\"name\\\":\\\"a\\\",\\\"op\\\":\\\"concat\\\",\\\"inputs\\\":[", "\\\"x\\\",", MILLION,
                  "\\\"x\\\"]}]}}", 64000000, "node 0: as JSON it may take");
}

static void test_nesting(void **state) {
    (void)state;
    enum { DEPTH = 100000 };
    static const struct {
        const char *before, *after, *fragment;
    } rows[] = {{"", "", "model: nested 100000 deep, expected at most 16"},
                {MODEL("},\\\"provenance\\\":"), "}", "model: nested 100001 deep"},
                {NODES, "]}}", "node 0: nested 100000 deep"},
                {NODES "{\\\"name\\\":", "}]}}", "node 0: nested 100001 deep"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++)
        model_refused(rows[i].before, "[", DEPTH, rows[i].after, 400000, rows[i].fragment);
    static const char *const units[] = {"[", "{\"a\":", "[[[{\"a\":["};
    for (size_t i = 0; i < GS_COUNT(units); i++) {
        text t = {NULL, 0, 0};
        append(&t, "{\"a\":", 1);
        append(&t, units[i], DEPTH);
        append(&t, "}", 1);
        hostile_kind();
        hostile_header_refused(t.at, t.length, NULL, 0, "header: nested ");
        free(t.at);
    }
}

/* Headers of the greatest length (shorter with less effort) that repeat one thing over and over. */
static void test_full_headers(void **state) {
    (void)state;
    static const struct {
        const char *before, *piece, *after, *fragment;
    } rows[] = {
        {"{\"a\":[", "0,", "0]}", "header: as JSON it may take"},
        {"{\"a\":[", "{},", "0]}", "header: as JSON it may take"},
        {"{\"a\":[", "\"\",", "0]}", "header: as JSON it may take"},
        {"{\"a\":\"", "a", "\"}", "header: as JSON it may take"},
        {"{\"", "a", "\":1}", "header: as JSON it may take"},
        {"{\"a\":", "9", "}", "header: as JSON it may take"},
        {"{\"a\":\"", "\\\\", "\"}", "header: as JSON it may take"},
        {"{\"a\":{},", "\"a\":{},", "\"b\":{}}", "header: as JSON it may take"},
        {"{", " ", "}", "header: no '__metadata__'"},
        {"{", "\"", "}", "header: as JSON it may take"},
        {"{", ":", "}", "header: as JSON it may take"},
        {"{", "}", "}", "expected JSON"},
    };
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        size_t around = strlen(rows[i].before) + strlen(rows[i].after);
        text t = {NULL, 0, 0};
        append(&t, rows[i].before, 1);
        append(&t, rows[i].piece, ((size_t)effort(HEADER_MAX) - around) / strlen(rows[i].piece));
        append(&t, rows[i].after, 1);
        hostile_kind();
        hostile_header_refused(t.at, t.length, NULL, 0, rows[i].fragment);
        free(t.at);
    }
}

/* So many tensors of one value that their entries take more memory than they do. */
static void test_many_tensors(void **state) {
    (void)state;
    static const struct {
        int tensors;
        const char *fragment;
    } rows[] = {{100000, "header: as JSON it may take"}, {500, "no '__metadata__'"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        text t = {NULL, 0, 0};
        char entry[100];
        for (int k = 0; k < rows[i].tensors; k++) {
            snprintf(entry, sizeof entry, "%c\"t%d\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[%d,%d]}",
                     k ? ',' : '{', k, 4 * k, 4 * k + 4);
            append(&t, entry, 1);
        }
        append(&t, "}", 1);
        size_t size = 4 * (size_t)rows[i].tensors;
        unsigned char *data = calloc(size, 1);
        assert_non_null(data);
        hostile_kind();
        hostile_header_refused(t.at, t.length, data, size, rows[i].fragment);
        free(data);
        free(t.at);
    }
}

/* A tensor that claims more data than there is. */
static void test_claims(void **state) {
    (void)state;
    static const char *const claims[] = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1099511627776],\"data_offsets\":[0,4398046511104]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2305843009213693951],\"data_offsets\":[0,9223372036854775804]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1048576,1048576],\"data_offsets\":[0,4398046511104]}}",
    };
    for (size_t i = 0; i < GS_COUNT(claims); i++) {
        hostile_kind();
        hostile_header_refused(claims[i], strlen(claims[i]), "aaaa", 4, "but only 4 bytes follow the header");
    }
}

/* ---- The bound itself ---- */

static void assert_bounded(const char *bytes, size_t length) {
    gs_loader loader = {.path = "a text", .file_bytes = (uint64_t)1 << 30};
    const gs_text all = {bytes, length}, none = {NULL, 0};
    gs_json_cost cost = {0};
    json_t *value;
    gs_json_count(&cost, all);
    long before = allocation_bytes();
    allocation_start_peak();
    assert_int_equal(gs_json_parse(&loader, all, none, "text", GS_SHARE_HEADER, &value), GS_OK);
    json_decref(value);
    long used = allocation_peak() - before;
    if ((size_t)used > gs_json_bytes(&cost))
        fail_msg("%ld bytes, bound %zu: %.*s", used, gs_json_bytes(&cost), length < 60 ? (int)length : 60, bytes);
}

/* The loader's estimate of a tree's memory is never too low, whatever the counts at which arrays and tables grow. */
static void test_bound_of_a_tree(void **state) {
    (void)state;
    static const char *const pieces[] = {
        "0",     "1.5e3",   "\"\"",      "\"abcdefghijklmnopqrst\"", "{}", "[]", "null",
        "[1,2]", "[[],[]]", "{\"a\":1}", "{\"a\":{},\"b\":[\"c\"]}"};
    for (size_t i = 0; i < GS_COUNT(pieces); i++)
        for (size_t n = 1; n<200; n += n> 40 ? 7 : 1) {
            about("n %zu", n);
            text array = {NULL, 0, 0}, object = {NULL, 0, 0};
            char key[24];
            append(&array, "[", 1);
            append(&object, "{", 1);
            for (size_t k = 0; k < n; k++) {
                snprintf(key, sizeof key, "%s\"key%zu\":", k ? "," : "", k);
                append(&array, k ? "," : "", 1);
                append(&array, pieces[i], 1);
                append(&object, key, 1);
                append(&object, pieces[i], 1);
            }
            append(&array, "]", 1);
            append(&object, "}", 1);
            assert_bounded(array.at, array.length);
            assert_bounded(object.at, object.length);
            free(array.at);
            free(object.at);
        }
    for (size_t n = 1; n < 3000; n += 13) {
        about("n %zu", n);
        text string = {NULL, 0, 0}, key = {NULL, 0, 0};
        append(&string, "\"", 1);
        append(&string, "a", n);
        append(&string, "\"", 1);
        append(&key, "{", 1);
        append(&key, "\"", 1);
        append(&key, "a", n);
        append(&key, "\":{}}", 1);
        assert_bounded(string.at, string.length);
        assert_bounded(key.at, key.length);
        free(string.at);
        free(key.at);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_million_nodes), cmocka_unit_test(test_a_million_values), cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_full_headers),    cmocka_unit_test(test_many_tensors),     cmocka_unit_test(test_claims),
        cmocka_unit_test(test_bound_of_a_tree),
    };
    return cmocka_run_group_tests(tests, hostile_begin, hostile_end);
}
