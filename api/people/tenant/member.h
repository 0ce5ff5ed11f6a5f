/* member.h - what the endpoints of members share: one row of sql/queries/member_page.sql. */
#ifndef API_PEOPLE_TENANT_MEMBER_H
#define API_PEOPLE_TENANT_MEMBER_H

#include "api/people/login/link.h"

enum { MEMBER_CURSOR, MEMBER_ITEM, MEMBER_ROLE, MEMBER_STATE, MEMBER_REVISION, MEMBER_EMAIL };

struct member {
    struct endpoint endpoint;
    struct id id;
    const char *email, *role_given;
    enum role role, role_before;
    bool invited; /* in state invited: id is the invitation's */
    struct db_rows rows, shown, known;
    struct gov_err failed;
    struct link link;
};

/* First step of /v1/members/{id}: load the row. */
enum op_next member_load(struct op *op);
/* After it: NOT_FOUND, or FORBIDDEN where the caller may not touch somebody of that role. */
bool member_found(struct member *e, struct gov_err *err);
/* Fill e->role from e->role_given; INVALID_INPUT, or FORBIDDEN where the caller may not give it. */
bool member_role_read(struct member *e, struct gov_err *err);
/* Add the query that reads member `id` into e->shown. */
void member_show_add(struct db_group *group, struct member *e, const struct id *id);

#endif
