/* The types in which a file may store the values of a tensor. Everything else sees them as float. */
#ifndef GS_STORED_H
#define GS_STORED_H

#include "base/base.h"

typedef struct gs_stored {
    const char *name; /* in files: "F32" */
    size_t bytes;     /* per value */
    /* to[i] is value i of `count` of them at `from`, of any alignment, which may be `to` itself for types of four
     * bytes. Every value of these types is a float, so that nothing is rounded; infinities and NaN stay such. */
    void (*widen)(const unsigned char *from, size_t count, float *to);
    /* The value of this type that is nearest to x, of two the even one, written to `to`; false where it would not be
     * finite. */
    bool (*store)(float x, unsigned char *to);
} gs_stored;

/* The type of this name, or NULL. */
const gs_stored *gs_stored_find(const char *name);

#endif
