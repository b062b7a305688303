/* Random numbers outside kernels: known answers, ranges and frequencies, with fixed seeds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"
#include "random/random.h"

/* The known answers that Random123 ships for philox4x32-10. */
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
        uint32_t words[4];
        gs_random_words((uint64_t)known[i].key[1] << 32 | known[i].key[0], known[i].counter, words);
        assert_memory_equal(words, known[i].words, sizeof words);
    }
}

/* Kolmogorov's statistic of 10,000 numbers; above 2.2 once in 8,000 seeds. */
static void test_uniform_is_uniform(void **state) {
    (void)state;
    enum { BINS = 100, COUNT = 10000 };
    int bin[BINS] = {0};
    for (uint64_t k = 0; k < COUNT; k++) {
        double u = gs_random_uniform(7, GS_STREAM_LABEL, k, 0);
        assert_true(u > 0 && u < 1);
        bin[(int)(u * BINS)]++;
    }
    double worst = 0, sum = 0;
    for (int i = 0; i < BINS; i++) {
        sum += bin[i];
        worst = fmax(worst, fabs(sum / COUNT - (i + 1.0) / BINS));
    }
    assert_true(worst * sqrt(COUNT) < 2.2);
    assert_true(gs_random_uniform(7, GS_STREAM_LABEL, 1, 0) != gs_random_uniform(7, GS_STREAM_STEP, 1, 0));
    assert_true(gs_random_uniform(7, GS_STREAM_LABEL, 1, 0) != gs_random_uniform(8, GS_STREAM_LABEL, 1, 0));
    assert_true(gs_random_uniform(7, GS_STREAM_LABEL, 1, 0) != gs_random_uniform(7, GS_STREAM_LABEL, 1, 1));
}

/* Every run of labels, from any chain on, keeps the shares to a few labels; another seed starts elsewhere. */
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
            for (int i = 0; i < 4; i++)
                assert_true(fabs(count[i] - (k - first * 777 + 1) * shares[i]) < 4);
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
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_uniform_is_uniform),
        cmocka_unit_test(test_labels_have_the_shares_of_the_data),
        cmocka_unit_test(test_labels_need_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
