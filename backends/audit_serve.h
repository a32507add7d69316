/* audit_serve.h - answers what audit_rights.h lists */
#ifndef EPITAPH_AUDIT_SERVE_H
#define EPITAPH_AUDIT_SERVE_H

#include "backends/audit_control.h"

void audit_serve(struct audit_control *c, const struct rights_request *r, struct rights_answer *a);

#endif
