/* What generate.c writes, each from standard input to standard output. */
#ifndef GENERATE_H
#define GENERATE_H

void write_man(void);    /* manual.c: gensample.1 of its template */
void write_tables(void); /* tables.c: a document with its tables */

/* completions.c; the template is not read. */
void write_bash(void);
void write_zsh(void);
void write_fish(void);

#endif
