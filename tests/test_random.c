/* Random numbers outside kernels: known answers, counters, and the frequencies of labels. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kernels.h"
#include "model/model.h"
#include "random/random.h"
#include "support/about.h"

/* The known answers that come with Random123 for philox4x32-10. */
static void test_philox_known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        about("known[%zu]", i);
        uint32_t words[4];
        gs_random_words((uint64_t)known[i].key[1] << 32 | known[i].key[0], known[i].counter, words);
        assert_memory_equal(words, known[i].words, sizeof words);
    }
}

/* A counter's first 64 normals, computed from its words in double precision, are those of the kernel, also for chains
 * beyond 2^32.
 */
static void test_counters_are_those_of_kernels(void **state) {
    (void)state;
    static const uint64_t chains[] = {0, 3, 0x123456789abcdefu, GS_CHAIN_MAX};
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        float normals[64];
        gs_normals_args args = {.key = {9, 1}, .count = 1, .out = normals};
        gs_random_counter(GS_STREAM_STEP, chains[i], 5, 32, args.counter);
        gs_kernels_find("scalar")->normals(&args);
        for (int lane = 0; lane < 16; lane++) {
            about("chains[%zu], lane %d", i, lane);
            uint32_t counter[4], words[4];
            gs_random_counter(GS_STREAM_STEP, chains[i], 5, 32 + (uint32_t)lane, counter);
            gs_random_words((uint64_t)1 << 32 | 9, counter, words);
            double u = ((words[0] >> 9) + 0.5) * 0x1p-23, v = ((words[1] >> 9) + 0.5) * 0x1p-23;
            double expected = sqrt(-2 * log(u)) * cos(2 * acos(-1) * (v - 0.5));
            assert_true(fabs((double)normals[lane] - expected) < 6e-6);
        }
    }
}

/* Streams and chains never share a counter. */
static void test_counters_differ(void **state) {
    (void)state;
    uint32_t counter[4][4];
    gs_random_counter(GS_STREAM_START, 0, 0, 0, counter[0]);
    gs_random_counter(GS_STREAM_STEP, 0, 0, 0, counter[1]);
    gs_random_counter(GS_STREAM_START, GS_CHAIN_MAX, 0, 0, counter[2]);
    gs_random_counter(GS_STREAM_STEP, GS_CHAIN_MAX, 0, 0, counter[3]);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++) {
            about("j %d", j);
            assert_memory_not_equal(counter[i], counter[j], sizeof counter[i]);
        }
}

/* In every run of labels, from any chain onwards, the counts match the shares to within a few labels; another seed
 * starts elsewhere. */
static void test_labels_have_the_shares_of_the_data(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    static const double shares[4] = {0.125, 0, 0.625, 0.25};
    static int labels[COUNT], other[COUNT], part[10];
    gs_model model = {.info = {.labels = 4, .shares = shares, .name = "test"}};
    assert_int_equal(gs_model_draw_labels(&model, 5, 0, COUNT, labels, NULL), GS_OK);
    for (int first = 0; first < 3; first++) {
        int count[4] = {0};
        for (int k = first * 777; k < COUNT; k++) {
            count[labels[k]]++;
            for (int i = 0; i < 4; i++) {
                about("first %d, k %d, i %d", first, k, i);
                assert_true(fabs(count[i] - (k - first * 777 + 1) * shares[i]) < 4);
            }
        }
    }
    assert_int_equal(gs_model_draw_labels(&model, 5, 90, 10, part, NULL), GS_OK);
    assert_memory_equal(part, labels + 90, sizeof part);
    assert_int_equal(gs_model_draw_labels(&model, 6, 0, COUNT, other, NULL), GS_OK);
    assert_memory_not_equal(other, labels, 100 * sizeof *labels);
}

static void test_labels_need_shares(void **state) {
    (void)state;
    gs_model model = {.info = {.labels = 4, .name = "test"}};
    gs_error error;
    int label;
    assert_int_equal(gs_model_draw_labels(&model, 5, 0, 1, &label, &error), GS_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "data.shares"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_known_answers), cmocka_unit_test(test_counters_are_those_of_kernels),
        cmocka_unit_test(test_counters_differ),      cmocka_unit_test(test_labels_have_the_shares_of_the_data),
        cmocka_unit_test(test_labels_need_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
