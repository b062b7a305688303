/* The functions that the fuzz targets share. A target is a function LLVMFuzzerTestOneInput (libFuzzer's name) in a file
 * fuzz_NAME.c, which is called by libFuzzer, or by replay.c with the files of corpus/NAME. A finding is a crash. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer's, and what a target may give it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

/* Say what was found, and crash. */
void fuzz_finding(const char *what, const char *detail);

/* Crash unless an error has one of the statuses, a bit each of 1 << GS_ERROR_..., and a message of one line. */
void fuzz_check_refusal(gs_status status, unsigned statuses, const gs_error *error);

/* The path of a file with these bytes, until the next call. */
const char *fuzz_path(const uint8_t *bytes, size_t size);

/* Load these bytes as a weight file. If that works and the network is small, plan it, evaluate it with every
 * instruction set and several block sizes, whose results must agree to the byte, and take two steps of a sampler. */
void fuzz_weight_file(const uint8_t *bytes, size_t size);

/* Read these bytes as images of several shapes, and describe them. */
void fuzz_image_file(const uint8_t *bytes, size_t size);

#endif
