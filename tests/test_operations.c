/* The records of operations: that they are whole, and that FORMAT.md's table is theirs.
 *
 *     test_operations --print    # the rows of that table */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "op/operation.h"
#include "support/about.h"

enum { ROOM = 1000 };

static void append(char *text, const char *format, ...) GS_PRINTF(2, 3);

static void append(char *text, const char *format, ...) {
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text + used, ROOM - used, format, arguments);
    va_end(arguments);
    assert_in_range(length, 0, ROOM - used - 1);
}

/* ---- The table ---- */

/* "0.01", "1e-5" */
static void append_real(char *text, double value) {
    char number[40], *zero;
    snprintf(number, sizeof number, "%g", value);
    while ((zero = strstr(number, "e-0")))
        memmove(zero + 2, zero + 3, strlen(zero + 3) + 1);
    append(text, " %s", number);
}

/* "`"channels"`, `"positions"` or `"all"`" */
static void append_choices(char *text, const char *const *choices) {
    const char *chosen[8];
    size_t count = 0;
    for (; *choices; choices++)
        if (**choices)
            chosen[count++] = *choices;
    for (size_t i = 0; i < count; i++)
        append(text, "%s`\"%s\"`", i == 0 ? " " : i + 1 == count ? " or " : ", ", chosen[i]);
}

static void append_attribute(char *text, const gs_attribute *a) {
    append(text, "%s`%s`", *text ? ", " : "", a->name);
    if (a->form)
        append(text, " %s", a->form);
    else if (a->type == GS_CHOICE)
        append_choices(text, a->choices);
    else if (!a->required && a->type == GS_PAIR)
        append(text, " [%g, %g]", a->fallback, a->fallback);
    else if (!a->required)
        append_real(text, a->fallback);
}

static void append_role(char *text, const gs_role *role) {
    if (role->name)
        append(text, "%s%s`%s` %s", *text ? ", " : "", role->required ? "" : "optional ", role->name, role->form);
}

static void print_row(char *row, const gs_operation *operation) {
    char attributes[ROOM] = "", tensors[ROOM] = "";
    for (const gs_attribute *a = operation->attributes; a && a->name; a++)
        append_attribute(attributes, a);
    append_role(tensors, &operation->weight);
    append_role(tensors, &operation->bias);
    row[0] = '\0';
    append(row, "| `%s` | %s |%s%s |%s%s | %s |", operation->name, operation->takes, *attributes ? " " : "", attributes,
           *tensors ? " " : "", tensors, operation->result);
}

static void table_of_the_format_is_that_of_records(void **state) {
    (void)state;
    FILE *in = fopen(GS_SOURCE_DIR "/models/FORMAT.md", "r");
    assert_non_null(in);
    char line[2 * ROOM] = "", row[ROOM];
    while (strncmp(line, "| op | inputs |", 15) && fgets(line, sizeof line, in))
        continue;
    assert_non_null(fgets(line, sizeof line, in)); /* the rule below the head */
    for (int op = 0; op < GS_OP_COUNT; op++) {
        print_row(row, gs_operation_of((gs_op)op));
        if (!fgets(line, sizeof line, in))
            line[0] = '\0';
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, row))
            fail_msg("models/FORMAT.md has\n%s\nexpected (test_operations --print)\n%s", line, row);
    }
    assert_non_null(fgets(line, sizeof line, in));
    assert_string_equal(line, "\n");
    fclose(in);
}

/* ---- Records ---- */

static void check_attribute(const gs_attribute *a) {
    assert_in_range(a->offset, 0, sizeof(gs_node) - 1);
    assert_true((a->type == GS_CHOICE) == (a->choices != NULL));
    if (a->type == GS_INTEGER || a->type == GS_PAIR || a->type == GS_SIZES || a->type == GS_LIST)
        assert_true(a->low <= a->high);
    if (a->type == GS_SIZES || a->type == GS_LIST)
        assert_true(a->required);
}

static void records_are_whole(void **state) {
    (void)state;
    for (int op = 0; op < GS_OP_ALL; op++) {
        about("operation %d, %s", op, gs_op_name((gs_op)op));
        if (op == GS_OP_COUNT)
            continue;
        const gs_operation *o = gs_operation_of((gs_op)op);
        assert_true(o->reference || op == GS_OP_SEED); /* no node computes a seed */
        assert_int_equal(gs_op_find(o->name), op < GS_OP_COUNT ? op : GS_OP_COUNT);
        if (op > GS_OP_COUNT)
            continue;
        assert_true(o->takes && o->result && o->inputs[0] <= o->inputs[1] && o->inputs[1] <= GS_INPUT_MAX);
        assert_true(!o->weight.name == !o->weight.form && !o->bias.name == !o->bias.form);
        assert_true(!o->slope || o->function);
        for (const gs_attribute *a = o->attributes; a && a->name; a++)
            check_attribute(a);
    }
}

static int print_table(void) {
    char row[ROOM];
    for (int op = 0; op < GS_OP_COUNT; op++) {
        print_row(row, gs_operation_of((gs_op)op));
        puts(row);
    }
    return 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_the_format_is_that_of_records),
        cmocka_unit_test(records_are_whole),
    };
    if (argc == 2 && !strcmp(argv[1], "--print"))
        return print_table();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
