/* Cases of conversions. */
#include "kernels/cases.h"

#include "support/random.h"

static void convert_prepare_as(kernel_case *c, const case_element *element, bool scaled) {
    gs_convert_args *p = CASE_ARGS(c, gs_convert_args);
    p->rows = c->timed ? CASE_ROWS : 1 + c->index % 5;
    p->columns = c->timed ? CASE_COLUMNS : 1 + c->index / 5 % 11;
    int width = p->columns * GS_F32_LANES;
    p->x_row = width + (c->timed ? 0 : random_below(&c->random, 20));
    p->y_row = width + (c->timed ? 0 : random_below(&c->random, 20));
    p->x = case_input(c, (size_t)((p->rows - 1) * p->x_row + width));
    p->inv = scaled ? case_factors(c, element, GS_F32_LANES) : NULL;
    p->y = case_output_of(c, element, (size_t)((p->rows - 1) * p->y_row + width));
}

static void convert_expect(kernel_case *c) {
    const gs_convert_args *p = CASE_ARGS(c, gs_convert_args);
    for (int i = 0; i < p->rows; i++)
        for (int j = 0; j < p->columns * GS_F32_LANES; j++)
            case_expect_stored(c, i * p->y_row + j, (double)p->x[i * p->x_row + j], 0,
                               p->inv ? p->inv + j % GS_F32_LANES : NULL);
}

static void convert_i8_prepare(kernel_case *c) {
    convert_prepare_as(c, &case_u8, true);
}

static void convert_i8_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->convert_i8(CASE_ARGS(c, gs_convert_args));
}

const kernel_check kernel_check_convert_i8 = {.cases = 5 * 11 * 7,
                                              .prepare = convert_i8_prepare,
                                              .call = convert_i8_call,
                                              .expect = convert_expect,
                                              .work = case_plane_work};

static void convert_i16_prepare(kernel_case *c) {
    convert_prepare_as(c, &case_i16, true);
}

static void convert_i16_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->convert_i16(CASE_ARGS(c, gs_convert_args));
}

const kernel_check kernel_check_convert_i16 = {.cases = 5 * 11 * 7,
                                               .prepare = convert_i16_prepare,
                                               .call = convert_i16_call,
                                               .expect = convert_expect,
                                               .work = case_plane_work};

static void convert_bf16_prepare(kernel_case *c) {
    convert_prepare_as(c, &case_bf16, false);
}

static void convert_bf16_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->convert_bf16(CASE_ARGS(c, gs_convert_args));
}

const kernel_check kernel_check_convert_bf16 = {.cases = 5 * 11 * 7,
                                                .prepare = convert_bf16_prepare,
                                                .call = convert_bf16_call,
                                                .expect = convert_expect,
                                                .work = case_plane_work};
