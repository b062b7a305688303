#include "support/svg.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/files.h"

int occurrences(const char *text, const char *part) {
    int count = 0;
    while ((text = strstr(text, part))) {
        count++;
        text += strlen(part);
    }
    return count;
}

/* The coordinates in one path's data: absolute pairs, except for relative h and v and the absolute ordinate of V. */
static void check_path(const char *data, double width, double height) {
    bool across = true;
    while (*data != '"') {
        char *end;
        double value = strtod(data, &end);
        if (end == data) {
            if (!strchr("MZ hvV", *data))
                fail_msg("'%.20s' in the data of a path", data);
            if (*data == 'h' || *data == 'v' || *data == 'V') {
                value = strtod(data + 1, &end);
                assert_true(*data != 'V' || (value >= 0 && value <= height));
                data = end;
            } else {
                data++;
            }
            continue;
        }
        double most = across ? width : height;
        if (!(value >= 0 && value <= most))
            fail_msg("coordinate %g is not within 0 and %g", value, most);
        across = !across;
        data = end;
    }
    assert_true(across);
}

char *xml_read(const char *path) {
    char command[700];
    snprintf(command, sizeof command, "if command -v xmllint >/dev/null; then xmllint --noout '%s'; fi", path);
    assert_int_equal(system(command), 0);
    size_t size;
    char *text = (char *)read_file(path, &size);
    assert_int_equal(strlen(text), size);
    return text;
}

char *svg_read(const char *path) {
    char *text = xml_read(path);
    double width, height;
    const char *box = strstr(text, "viewBox=\"0 0 ");
    assert_non_null(box);
    assert_int_equal(sscanf(box, "viewBox=\"0 0 %lf %lf\"", &width, &height), 2);
    for (char *tag = text, *end; (tag = strchr(tag, '<')); tag = end + 1) {
        end = strchr(tag, '>');
        assert_non_null(end);
        *end = 0;
        if (strstr(tag, "nan") || strstr(tag, "inf"))
            fail_msg("'%.200s' has no number", tag);
        const char *y = strstr(tag, " y=\"");
        assert_true(!y || (atof(y + 4) >= 0 && atof(y + 4) <= height));
        const char *data = strstr(tag, " d=\"");
        if (data && !strstr(tag, " transform="))
            check_path(data + 4, width, height);
        *end = '>';
    }
    return text;
}
