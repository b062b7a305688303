/* gensample cpu: what this CPU can run. */
#include <math.h>
#include <string.h>

#include "base/machine.h"
#include "base/places.h"
#include "cli/commands.h"
#include "cpu.h"
#include "kernels.h"

enum { LINE = 200 };

/* The rows of kernels.def; every instruction set has each of its own or as its base does. */
static const struct {
    const char *type, *name, *help;
    gs_exactness promised;
} kernels[] = {
#define GS_KERNEL(op, type, family, exactness, result, parameters, help) {#type, #op, help, exactness},
#include "kernels.def"
#undef GS_KERNEL
};

/* The types of products, their rows of the multiply-add kernel, and whether their sums are integers. */
static const struct {
    const char *name, *mac;
    bool integers;
} types[] = {
#define GS_DTYPE(ID, name, mac, stored, what) {name, #mac, (gs_##mac##_sum)0.5f == 0},
#include "model/dtypes.def"
};

static int mac_row(const char *type) {
    int i = 0;
    while (strcmp(kernels[i].name, "mac") || strcmp(kernels[i].type, type))
        i++;
    return i;
}

/* An instruction set that is there for dot products has kernels of its own for their types, but not for floats. */
static void print_types(const char *isa) {
    const gs_kernels *k = gs_kernels_find(isa);
    const char *floats = gs_kernel_owner(k, mac_row("f32"))->isa;
    printf("types of products with %s:\n", isa);
    for (size_t t = 0; t < GS_COUNT(types); t++) {
        int i = mac_row(types[t].mac);
        const char *owner = gs_kernel_owner(k, i)->isa,
                   *wider = types[t].integers ? "products of wider integers" : "fused multiply-adds of f32";
        bool native = strcmp(owner, floats), wanted = types[t].integers || kernels[i].promised == GS_APPROXIMATE;
        printf("  %-10s %s%s; the same bytes on %s\n", types[t].name,
               native   ? "natively, by dot products of "
               : wanted ? "by the exact fallback, "
                        : "by ",
               native ? owner : wider,
               gs_kernel_exactness(k, i) == GS_EXACT ? "every instruction set" : "this instruction set only");
    }
}

static void print_kernels(const char *isa) {
    printf("kernels for %s:\n", isa);
    for (size_t i = 0; i < GS_COUNT(kernels); i++) {
        char owner[LINE];
        snprintf(owner, sizeof owner, "%s", gs_kernel_owner(gs_kernels_find(isa), (int)i)->isa);
        for (char *c; (c = strchr(owner, '-'));)
            *c = '_';
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

/* Where so many threads would be. */
static gs_status print_nodes(int threads, gs_error *error) {
    gs_places *p;
    gs_status status = gs_places_create(threads, &p, error);
    if (status)
        return status;
    if (!p)
        puts("NUMA nodes: threads are not placed, as all of them have one node");
    else
        printf("NUMA nodes: %d (%s; packed weights are in %d memor%s)\n", p->nodes.count,
               p->moves ? "each thread is kept on its node" : "threads are where OpenMP binds them, as you ask",
               p->copies, p->copies == 1 ? "y" : "ies");
    for (int i = 0; p && i < p->nodes.count; i++) {
        const gs_numa_node *node = &p->nodes.node[i];
        int count = 0;
        for (int t = 0; t < threads; t++)
            count += p->node[t] == i;
        printf("  node %d: %d processor%s, %d thread%s, copy %d of the weights\n", node->number, node->count,
               node->count == 1 ? "" : "s", count, count == 1 ? "" : "s", p->copy[i] + 1);
    }
    gs_free(p);
    return GS_OK;
}

static gs_status print_machine(int wanted, gs_error *error) {
    gs_machine machine = gs_machine_read("");
    char why[LINE];
    int threads = gs_machine_threads(&machine, why, sizeof why);
    printf("threads: %d (%s)\n", wanted ? wanted : threads, wanted ? "--threads" : why);
    if (machine.group_bytes < machine.machine_bytes)
        printf("memory: %.3g GB (cgroup limit; the machine has %.3g GB)\n", machine.group_bytes * 1e-9,
               machine.machine_bytes * 1e-9);
    else if (isfinite(machine.machine_bytes))
        printf("memory: %.3g GB (the machine's)\n", machine.machine_bytes * 1e-9);
    return print_nodes(wanted ? wanted : threads, error);
}

/* Where the best instruction set is not the one for bf16. */
static void print_choice(void) {
    const char *best = gs_isa_best(), *chosen = gs_isa_for_bf16(best, gs_cpu_bf16_is_slow());
    if (strcmp(chosen, best))
        printf("bf16 takes %s unless another is asked for: on processors of this maker the dot products of %s are "
               "slower\n",
               chosen, best);
}

static gs_status print_cpu(const char *isa, int threads, gs_error *error) {
    print_isas();
    print_types(isa ? isa : gs_isa_best());
    if (!isa)
        print_choice();
    print_backends();
    return print_machine(threads, error);
}

static void print_plan(const gs_plan *plan, const char *name) {
    gs_plan_info info = gs_plan_get_info(plan);
    char text[LINE];
    printf("%s: %s, %s, %s backend, %d thread%s, blocks of %d, packed weights %zu bytes, scratch %zu bytes\n", name,
           info.isa, gs_dtype_name(info.dtype), info.backend, info.threads, info.threads == 1 ? "" : "s", info.block,
           info.weight_bytes, info.scratch_bytes);
    for (int i = 0; gs_plan_describe(plan, i, text, sizeof text); i++)
        printf("  %s\n", text);
}

static gs_status print_with_network(const gs_arguments *arguments, gs_error *error) {
    gs_plan_options options = {.isa = arguments->isa,
                               .threads = arguments->threads,
                               .block = arguments->block,
                               .backend = arguments->backend,
                               .dtype = arguments->dtype};
    gs_model *model = NULL;
    gs_plan *plan = NULL;
    gs_status status = gs_network_load(arguments->model, &model, error);
    if (!status)
        status = gs_plan_create(model, &options, &plan, error);
    if (!status)
        status = print_cpu(gs_plan_get_info(plan).isa, gs_plan_get_info(plan).threads, error);
    if (!status)
        print_plan(plan, gs_model_get_info(model)->name);
    gs_plan_free(plan);
    gs_model_free(model);
    return status;
}

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    if (arguments->model)
        return print_with_network(arguments, error);
    gs_status status = gs_numa_check(gs_numa_root(), error); /* before anything is printed */
    if (!status)
        status = print_cpu(arguments->isa, arguments->threads, error);
    if (status)
        return status;
    print_kernels(arguments->isa ? arguments->isa : gs_isa_best());
    puts("--model FILE shows which kernel runs each operation of a network");
    return GS_OK;
}

const gs_command gs_command_cpu = {.about = "Say which instruction sets this CPU runs, which types of products "
                                            "natively, and, with a model, which kernel runs each of its operations.\n",
                                   .lists = GS_LISTS_NETWORKS,
                                   .sharing = GS_SHARING_NONE,
                                   .run = run_command};
