/* gensample cpu: what this CPU can run. */
#include <math.h>
#include <string.h>

#include "base/machine.h"
#include "cli/commands.h"
#include "kernels.h"

enum { LINE = 200 };

/* The rows of kernels.def; every instruction set has each of its own or as its base does. */
static const struct {
    const char *type, *name, *help;
} kernels[] = {
#define GS_KERNEL(op, type, family, exactness, result, parameters, help) {#type, #op, help},
#include "kernels.def"
#undef GS_KERNEL
};

static void print_kernels(const char *isa) {
    printf("kernels for %s:\n", isa);
    for (size_t i = 0; i < GS_COUNT(kernels); i++) {
        const char *owner = gs_kernel_owner(gs_kernels_find(isa), (int)i)->isa;
        printf("  gs_%s_%s_%s: %s\n", kernels[i].type, kernels[i].name, owner, kernels[i].help);
    }
}

static void print_isas(void) {
    const char *name;
    bool supported;
    int width = 8;
    puts("instruction sets:");
    for (int i = 0; (name = gs_isa_name(i, &supported)); i++)
        width = (int)strlen(name) > width ? (int)strlen(name) : width;
    for (int i = 0; (name = gs_isa_name(i, &supported)); i++)
        printf("  %-*s %s\n", width, name, supported ? "supported" : "not on this CPU or system");
    printf("best: %s\n", gs_isa_best());
}

static void print_backends(void) {
    char about[LINE];
    const char *name;
    bool built;
    puts("backends:");
    for (int i = 0; (name = gs_backend_name(i, &built, about, sizeof about)); i++)
        printf("  %-8s %s\n", name, about);
}

static void print_machine(void) {
    gs_machine machine = gs_machine_read("");
    char why[LINE];
    int threads = gs_machine_threads(&machine, why, sizeof why);
    printf("threads: %d (%s)\n", threads, why);
    if (machine.group_bytes < machine.machine_bytes)
        printf("memory: %.3g GB (cgroup limit; the machine has %.3g GB)\n", machine.group_bytes * 1e-9,
               machine.machine_bytes * 1e-9);
    else if (isfinite(machine.machine_bytes))
        printf("memory: %.3g GB (the machine's)\n", machine.machine_bytes * 1e-9);
}

static void print_cpu(void) {
    print_isas();
    print_backends();
    print_machine();
}

static void print_plan(const gs_plan *plan, const char *name) {
    gs_plan_info info = gs_plan_get_info(plan);
    char text[LINE];
    printf("%s: %s, %s backend, %d thread%s, blocks of %d, packed weights %zu bytes, scratch %zu bytes\n", name,
           info.isa, info.backend, info.threads, info.threads == 1 ? "" : "s", info.block, info.weight_bytes,
           info.scratch_bytes);
    for (int i = 0; gs_plan_describe(plan, i, text, sizeof text); i++)
        printf("  %s\n", text);
}

static gs_status print_with_network(const gs_arguments *arguments, gs_error *error) {
    gs_plan_options options = {
        .isa = arguments->isa, .threads = arguments->threads, .block = arguments->block, .backend = arguments->backend};
    gs_model *model = NULL;
    gs_plan *plan = NULL;
    gs_status status = gs_network_load(arguments->model, &model, error);
    if (!status)
        status = gs_plan_create(model, &options, &plan, error);
    if (!status) {
        print_cpu();
        print_plan(plan, gs_model_get_info(model)->name);
    }
    gs_plan_free(plan);
    gs_model_free(model);
    return status;
}

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    if (arguments->model)
        return print_with_network(arguments, error);
    print_cpu();
    print_kernels(arguments->isa ? arguments->isa : gs_isa_best());
    puts("--model FILE shows which kernel runs each operation of a network");
    return GS_OK;
}

const gs_command gs_command_cpu = {
    .about = "Say which instruction sets this CPU runs and, with a model, which kernel runs each of its operations.\n",
    .lists = GS_LISTS_NETWORKS,
    .run = run_command};
