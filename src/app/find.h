/* Finding weight files: by the name as given, else among the networks that come with the program, so that an installed
 * program works from any folder; and densities, which need no file. */
#ifndef GS_APP_FIND_H
#define GS_APP_FIND_H

#include "base/base.h"

enum { GS_PATH_ROOM = 4096 };

/* The shipped network that is meant where none is named, and the one for labels. */
#define GS_DEFAULT_NETWORK "ncsn"
#define GS_DEFAULT_LABELLED "ncsn-cond"

/* The name under which "-" is opened. */
extern const char gs_standard_input[];

/* What *name means: the file as named if the name has a folder or the file is in the current one, standard input for
 * "-", a density, else a shipped network, whose path is then in `path`; NULL stays NULL. *name becomes the name to
 * open. Errors: GS_ERROR_FILE: there is none of that name. */
gs_status gs_network_find(const char **name, char path[GS_PATH_ROOM], gs_error *error);

/* Whether the name is a density's (gs_density_create), and no file's. */
bool gs_is_density(const char *name);

/* The network of a name that gs_network_find made: gs_model_load, or of a density gs_model_create_density. */
gs_status gs_network_load(const char *name, gs_model **model, gs_error *error);

/* A shipped network's path; false if it does not exist, with the place where it is looked for first in `path`. */
bool gs_shipped_find(const char *name, char path[GS_PATH_ROOM]);

/* The path of judge2.bin beside a judge, which is written to `path`; NULL if there is none. */
const char *gs_second_judge_find(const char *judge, char path[GS_PATH_ROOM]);

/* The names of the shipped networks, in order, with `between` between them, and their folder; if there are none, the
 * folder in which they are looked for first. Returns how many there are. */
int gs_shipped_list(const char *between, char *names, size_t room, char folder[GS_PATH_ROOM]);

/* The path of a place, such as "../share/models", seen from this program's folder; "" if it is too long. */
void gs_find_from_program(const char *place, char path[GS_PATH_ROOM]);

/* FOLDER/NAMEENDING, with one slash between however many the folder ends with; false, and cut, if it is too long. */
bool gs_path_under(const char *folder, const char *name, const char *ending, char path[GS_PATH_ROOM]);

bool gs_file_is_there(const char *path);

#endif
