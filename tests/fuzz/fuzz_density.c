/* Fuzz target: the text of a density. */
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gensample/gensample.h"

enum { SAMPLES = 3, NUMBERS_MAX = 4096 };

/* Samples are finite, and lie where their density is above zero. */
static void draw(const gs_density *density, const char *text) {
    static float x[SAMPLES * NUMBERS_MAX];
    static double wide[SAMPLES * NUMBERS_MAX], gradient[SAMPLES * NUMBERS_MAX];
    size_t count = SAMPLES * (size_t)gs_density_dimensions(density);
    double energy[SAMPLES];
    if (gs_density_draw(density, 0, 1, 0, SAMPLES, x, NULL))
        fuzz_finding("no samples", text);
    for (size_t i = 0; i < count; i++) {
        wide[i] = (double)x[i];
        if (!isfinite(x[i]))
            fuzz_finding("a sample that is not finite", text);
    }
    if (gs_density_energy(density, wide, 0, SAMPLES, energy, gradient, NULL))
        fuzz_finding("no energy", text);
    for (int i = 0; i < SAMPLES; i++)
        if (!isfinite(energy[i]))
            fuzz_finding("an energy that is not finite", text);
}

/* A refusal has one line; what is accepted is a sound network. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    gs_density *density;
    gs_model *model;
    gs_error error = {.status = GS_OK};
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    gs_status status = gs_density_create(text, &density, &error);
    if (status && (status != GS_ERROR_ARGUMENT || density || !error.message[0]))
        fuzz_finding("an improper refusal", error.message);
    if (!status) {
        if (gs_density_model(density, &model, &error))
            fuzz_finding("a network that is refused", error.message);
        gs_model_free(model);
        draw(density, text);
    }
    gs_density_free(density);
    free(text);
    return 0;
}
