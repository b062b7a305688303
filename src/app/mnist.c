#include "app/mnist.h"

bool gs_mnist_find(const char *folder, const char *part, char path[GS_PATH_ROOM]) {
    static const char *const endings[] = {"-images-idx3-ubyte", "-images.idx3-ubyte", "-images-idx3-ubyte.gz",
                                          "-images.idx3-ubyte.gz"};
    for (size_t i = 0; i <= GS_COUNT(endings); i++) {
        bool fits = gs_path_under(folder, part, endings[i % GS_COUNT(endings)], path);
        if (fits && i < GS_COUNT(endings) && gs_file_is_there(path))
            return true;
    }
    return false;
}
