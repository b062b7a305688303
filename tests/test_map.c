/* Maps: known coordinates, odd input, hostile text, failures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/map.h"
#include "support/files.h"
#include "support/svg.h"

enum { SQUARES = GS_MAP_SIDE * GS_MAP_SIDE, ARROWS = GS_MAP_ARROWS * GS_MAP_ARROWS };
static char *const path = test_path;

static char *draw(const gs_map *map) {
    gs_error error;
    if (gs_map_write(path, map, &error))
        fail_msg("%s", error.message);
    return svg_read(path);
}

/* The plot is a square of 600, from 64 on. */
static void points_are_where_they_belong(void **state) {
    (void)state;
    const float points[] = {0, 0, -1, 1, 1.01F, 0, NAN, 0, 0, INFINITY};
    const float ways[] = {0.5F, 0.5F, 0, 0, 0, 0, NAN, 0, 0, 0, 0, 0, -1, 1, 0, 0, 0, 0, 0, 0};
    gs_map map = {.title = "T", .caption = "C", .low = -1, .high = 1, .points = points, .n = 5};
    char *text = draw(&map);
    assert_non_null(strstr(text, "d=\"M0 0M364.0 364.0h0M64.0 64.0h0\""));
    assert_int_equal(occurrences(text, "h0"), 2);
    assert_int_equal(occurrences(text, "class=\"way\""), 0);
    free(text);
    map.ways = ways;
    map.states = 2;
    text = draw(&map);
    assert_int_equal(occurrences(text, "class=\"way\""), 5);
    assert_non_null(strstr(text, "d=\"M514.0 214.0 364.0 364.0\""));
    assert_non_null(strstr(text, "d=\"M364.0 364.0 64.0 64.0\""));
    free(text);
}

/* Squares are 4 wide; the last row is at the top. */
static void a_density_is_drawn_in_bands(void **state) {
    (void)state;
    float *energy = malloc(SQUARES * sizeof *energy);
    assert_non_null(energy);
    for (int i = 0; i < SQUARES; i++)
        energy[i] = i % 2 ? INFINITY : NAN;
    gs_map map = {.title = "T", .caption = "C", .low = 0, .high = 3, .energy = energy};
    char *text = draw(&map);
    assert_int_equal(occurrences(text, "<path class=\"density\""), 0);
    free(text);
    energy[SQUARES - 1] = -5;
    energy[SQUARES - 2] = -5 + 1.2F;
    text = draw(&map);
    assert_int_equal(occurrences(text, "<path class=\"density\""), 10);
    assert_int_equal(occurrences(text, "M660 64h4v4h-4Z"), 3);
    assert_int_equal(occurrences(text, "M656 64h8v4h-8Z"), 7);
    free(text);
    free(energy);
}

static void arrows_point_along_the_score(void **state) {
    (void)state;
    float score[2 * ARROWS] = {NAN, 1, INFINITY, 1, 0, 0, 2, 0, 0, 2};
    gs_map map = {.title = "T", .caption = "C", .low = 0, .high = 20, .score = score};
    char *text = draw(&map);
    /* The median is 0, which stands for 1, so 2 / 3 of 28.5 are their length. */
    assert_non_null(strstr(text, "class=\"arrow\" d=\"M0 0M159.5 649.0 178.5 649.0M"));
    assert_non_null(strstr(text, "M199.0 658.5 199.0 639.5M"));
    free(text);
    for (int i = 0; i < 2 * ARROWS; i++)
        score[i] = NAN; /* there is no median then, and nothing to draw */
    text = draw(&map);
    assert_non_null(strstr(text, "class=\"arrow\" d=\"M0 0\""));
    int others = occurrences(text, "M");
    free(text);
    for (int i = 0; i < ARROWS; i++) {
        score[2 * i] = i ? 3 : 0;
        score[2 * i + 1] = i ? 4 : 0;
    }
    text = draw(&map);
    assert_int_equal(occurrences(text, "M"), others + 2 * (ARROWS - 1));
    free(text);
}

static void texts_are_escaped(void **state) {
    (void)state;
    gs_map map = {.title = "<b>&\"\x01", .caption = "</svg>", .low = 0, .high = 1};
    char *text = draw(&map);
    assert_int_equal(occurrences(text, "<b>"), 0);
    assert_int_equal(occurrences(text, "</svg>"), 1);
    free(text);
}

static void failures_leave_nothing(void **state) {
    (void)state;
    gs_map map = {.title = "T", .caption = "C", .low = 0, .high = 1};
    gs_error error = {0};
    char nowhere[600];
    snprintf(nowhere, sizeof nowhere, "%s/none/map.svg", test_directory);
    assert_int_equal(gs_map_write(nowhere, &map, &error), GS_ERROR_FILE);
    assert_int_equal(gs_map_write("/dev/full", &map, &error), GS_ERROR_FILE);
    assert_non_null(strstr(error.message, "No space left on device"));
    unlink(path);
}

/* Ways leave the page where they go too far, and the first chains alone have one. */
static void ways_end_somewhere(void **state) {
    (void)state;
    enum { CHAINS = 70, SHOWN = 64 };
    float points[2 * CHAINS] = {0}, ways[2][2 * CHAINS] = {0};
    ways[1][1] = 1e9F;
    ways[1][2] = 1e9F;
    gs_map map = {.title = "T", .caption = "C", .low = -1, .high = 1, .points = points, .n = CHAINS};
    map.ways = ways[0];
    map.states = 2;
    char *text = draw(&map);
    assert_int_equal(occurrences(text, "class=\"way\""), SHOWN);
    assert_int_equal(occurrences(text, "class=\"way\" d=\"M364.0 364.0\""), 2);
    assert_int_equal(occurrences(text, "class=\"way\" d=\"M364.0 364.0 364.0 364.0\""), SHOWN - 2);
    free(text);
}

static void a_map_in_memory_is_that_of_the_file(void **state) {
    (void)state;
    gs_map map = {.title = "T", .caption = "C", .low = -1, .high = 1};
    char *text = draw(&map), *bytes;
    size_t size;
    gs_error error = {0};
    assert_int_equal(gs_map_encode(&map, &bytes, &size, &error), GS_OK);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(bytes, text, size);
    free(bytes);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_where_they_belong), cmocka_unit_test(a_density_is_drawn_in_bands),
        cmocka_unit_test(arrows_point_along_the_score), cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(ways_end_somewhere),           cmocka_unit_test(a_map_in_memory_is_that_of_the_file),
        cmocka_unit_test(failures_leave_nothing)};
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
