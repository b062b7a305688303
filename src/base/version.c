#include "gensample/gensample.h"

const char *gs_version(void) {
    return GS_VERSION;
}
