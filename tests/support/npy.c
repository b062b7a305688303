#include "support/npy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "support/files.h"

npy npy_read(const char *path) {
    npy array = {.rank = -1};
    if (access(path, R_OK))
        return array;
    size_t bytes;
    unsigned char *file = read_file(path, &bytes);
    assert_true(bytes > 10 && !memcmp(file, "\x93NUMPY\x01", 7));
    size_t start = 10 + (size_t)(file[8] | file[9] << 8);
    assert_true(start <= bytes);
    const char *header = (const char *)file + 10, *shape = strstr(header, "'shape': (");
    assert_non_null(strstr(header, "'descr': '<f4'"));
    assert_non_null(strstr(header, "'fortran_order': False"));
    assert_non_null(shape);
    array.rank = 0;
    array.size = 1;
    for (char *c = (char *)(uintptr_t)shape + 10; *c != ')';) {
        assert_in_range(array.rank, 0, 5);
        array.shape[array.rank] = strtoul(c, &c, 10);
        array.size *= array.shape[array.rank++];
        c += strspn(c, ", ");
    }
    assert_int_equal(bytes - start, array.size * sizeof *array.data);
    array.data = malloc(array.size * sizeof *array.data);
    assert_non_null(array.data);
    memcpy(array.data, file + start, array.size * sizeof *array.data);
    free(file);
    return array;
}

void npy_write_points(const char *path, int count) {
    char bytes[128 + 80] = "\x93NUMPY\1\0\x76";
    int used = snprintf(bytes + 10, 119, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 2), }", count);
    memset(bytes + 10 + used, ' ', (size_t)(117 - used));
    bytes[127] = '\n';
    write_file(path, bytes, 128 + 8 * (size_t)count);
}
