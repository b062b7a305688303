/* Diagnoses for tests. Any failure here fails the running test. */
#ifndef TEST_RECORD_H
#define TEST_RECORD_H

#include "gensample/gensample.h"

gs_diagnosis diagnose(const gs_record *record);

#endif
