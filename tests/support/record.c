#include "support/record.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

gs_diagnosis diagnose(const gs_record *record) {
    gs_diagnosis d;
    gs_error error = {.message = ""};
    if (gs_diagnose(record, &d, &error))
        fail_msg("%s", error.message);
    return d;
}
