/* Writes the manual page, a shell's completion of gensample, or the tables of documents, from the rows that the program
 * reads:
 *
 *     generate man|bash|zsh|fish|tables TEMPLATE OUT
 *
 * TEMPLATE is the page but for its title and its lines @COMMANDS@, @OPTIONS@, @SAMPLERS@, @OPERATORS@, @METHODS@,
 * @DENSITIES@, @STUDIES@ and
 * @ALGORITHMS@; or a document in Markdown, whose tables behind comments such as "<!-- rows of settings.def -->" are
 * written anew. */
#include "generate.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*write)(void);
    } kinds[] = {
        {"man", write_man}, {"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}, {"tables", write_tables}};
    for (size_t i = 0; argc == 4 && i < GS_COUNT(kinds); i++) {
        if (!strcmp(argv[1], kinds[i].name) && freopen(argv[2], "r", stdin) && freopen(argv[3], "w", stdout)) {
            kinds[i].write();
            return fflush(stdout) || ferror(stdout);
        }
    }
    fputs("usage: generate man|bash|zsh|fish|tables TEMPLATE OUT\n", stderr);
    return 2;
}
