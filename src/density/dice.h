/* Random numbers of one sample, in double precision, one after the other. */
#ifndef GS_DICE_H
#define GS_DICE_H

#include <stdint.h>

typedef struct gs_dice {
    uint64_t seed, chain;
    uint32_t position; /* counters used */
} gs_dice;

/* Two independent uniform numbers in (0, 1), of 52 bits. */
void gs_dice_units(gs_dice *dice, double unit[2]);
double gs_dice_unit(gs_dice *dice);

/* A standard normal number (Box & Muller 1958). */
double gs_dice_normal(gs_dice *dice);

#endif
