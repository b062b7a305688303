/* A folder with MNIST's files. */
#ifndef GS_APP_MNIST_H
#define GS_APP_MNIST_H

#include "app/find.h"

/* The first of the names under which the folder has the images of a part, "train" or "t10k", packed by gzip or not; if
 * it has none, false, with the first possible name. */
bool gs_mnist_find(const char *folder, const char *part, char path[GS_PATH_ROOM]);

#endif
