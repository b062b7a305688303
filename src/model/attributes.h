/* Attributes of a node, as its operation's record lists them. */
#ifndef GS_ATTRIBUTES_H
#define GS_ATTRIBUTES_H

#include "model/json.h"

/* Read `object`, which may be NULL, into node->attributes, and reshape's attribute into node->shape; fill in defaults.
 */
gs_status gs_attributes_read(gs_loader *loader, gs_node *node, const json_t *object);

#endif
