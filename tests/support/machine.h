/* Machines of several NUMA nodes, as trees of files that stand for Linux's. Any failure here fails the running test. */
#ifndef TEST_MACHINE_H
#define TEST_MACHINE_H

/* Write a file of a tree, whose folders are made. */
void machine_file(const char *root, const char *path, const char *text);

/* A new tree of so many nodes with so many processors each, numbered node by node; it becomes this process's machine
 * (GENSAMPLE_MACHINE) until machine_remove. */
char *machine_create(int nodes, int processors);
void machine_remove(char *root);

#endif
