/* The functions that the fuzz targets share. A target is a function LLVMFuzzerTestOneInput (libFuzzer's name), which is
 * called by libFuzzer, or by replay.c with the files of a folder. A finding is a crash. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Load these bytes as a weight file. If that works and the network is small, plan it, evaluate it with every
 * instruction set and several block sizes, whose results must agree to the byte, and take two steps of a sampler. */
void fuzz_weight_file(const uint8_t *bytes, size_t size);

#endif
