#include "engine/typed.h"

#include "base/base.h"
#include "cpu.h"
#include "engine/method.h"

bool gs_multiplies_tiles(const gs_plan *plan, const gs_product_type *type) {
    bool any = type->dtype == GS_DTYPE_BF16 || type->dtype == GS_DTYPE_INT8;
    return any && gs_isa_has_tiles(plan->kernels->isa);
}

/* What is done with a buffer. */
typedef struct use {
    const gs_step *reader; /* the last step that reads it */
    bool fits;             /* it is the only one, and reads it as its operand 0, and what writes it can store it */
} use;

static void add_reader(use *u, const gs_step *step, int k) {
    u->fits = u->fits && !u->reader && k == 0;
    u->reader = step;
}

static void find_uses(const gs_plan *plan, use *uses) {
    for (int i = 0; i < plan->buffers; i++)
        uses[i] = (use){.fits = plan->buffer[i].layout == GS_BLOCKED && i != plan->x_buffer};
    for (int s = 0; s < plan->steps; s++) {
        const gs_step *step = &plan->step[s];
        for (int k = 0; k < step->sources; k++)
            if (step->source[k].kind == GS_SOURCE_BUFFER)
                add_reader(&uses[step->source[k].index], step, k);
        uses[step->out].fits = uses[step->out].fits && step->method->stores;
        if (step->slope >= 0)
            uses[step->slope].fits = false;
    }
    for (int k = 0; k < plan->model->info.outputs; k++)
        uses[plan->output_buffer[k]].fits = false;
}

bool gs_plan_type_buffers(gs_plan *plan) {
    if (!gs_is_quantised(&plan->product[1]) && !gs_multiplies_tiles(plan, &plan->product[1]))
        return true;
    use *uses = gs_alloc((size_t)plan->buffers, sizeof *uses);
    if (!uses)
        return false;
    find_uses(plan, uses);
    for (int i = 0; i < plan->buffers; i++) {
        const gs_step *reader = uses[i].fits ? uses[i].reader : NULL;
        const struct gs_scales *scales = reader && reader->method->reads ? reader->method->reads(reader) : NULL;
        if (scales) {
            plan->buffer[i].type = reader->method->product(reader);
            plan->buffer[i].scales = scales;
        }
    }
    gs_free(uses);
    return true;
}
