#include "density/dice.h"

#include <math.h>

#include "base/math64.h"
#include "random/random.h"

static const double two_pi = 6.283185307179586477;

void gs_dice_units(gs_dice *dice, double unit[2]) {
    uint32_t counter[4], word[4];
    gs_random_counter(GS_STREAM_DENSITY, dice->chain, 0, dice->position++, counter);
    gs_random_words(dice->seed, counter, word);
    for (int i = 0; i < 2; i++)
        unit[i] = ((double)word[2 * i] * 0x1p20 + (double)(word[2 * i + 1] >> 12) + 0.5) * 0x1p-52;
}

double gs_dice_unit(gs_dice *dice) {
    double unit[2];
    gs_dice_units(dice, unit);
    return unit[0];
}

double gs_dice_normal(gs_dice *dice) {
    double unit[2];
    gs_dice_units(dice, unit);
    return sqrt(-2 * gs_log64(unit[0])) * gs_cos64(two_pi * unit[1]);
}
