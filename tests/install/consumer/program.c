/* A program that uses the library, in C or C++: writes one sample of the weight file argv[1] to standard output as
 * float32. */
#include <gensample/gensample.h>
#include <stdio.h>

int main(int argc, char **argv) {
    static gs_sample_options options;
    static float image[28 * 28];
    gs_model *model = NULL;
    gs_plan *plan = NULL;
    gs_error error;
    options.steps = 2;
    options.seed = 7;
    if (argc != 2 || gs_model_load(argv[1], &model, &error) || gs_plan_create(model, NULL, &plan, &error) ||
        gs_sample(plan, &options, 1, image, NULL, &error))
        return fprintf(stderr, "%s\n", argc == 2 ? error.message : "which model?"), 1;
    gs_plan_free(plan);
    gs_model_free(model);
    return fwrite(image, sizeof image, 1, stdout) != 1;
}
