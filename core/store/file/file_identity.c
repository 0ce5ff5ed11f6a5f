/* file_identity.c - claim -> compare [-> identify] -> settle.
 *
 * A store that has no identity yet (an empty bucket) may be given the database's only as long as the database's
 * is not settled: that it was ever seen in a store. Afterwards an empty store is a wrong one.
 */
#include "core/store/file/file_identity.h"

#include <string.h>

enum { CLAIM_IDENTITY, CLAIM_SETTLED };

struct settling {
    struct op op;
    struct db *db;
    struct file_store *store;
    const char *proposal;
    struct db_rows rows;
    bool asked;
};

static enum op_next claim(struct op *op)
{
    struct settling *s = (struct settling *)op;

    if (s->asked && s->rows.count)
        return OP_NEXT;
    s->asked = true; /* no row: somebody's claim was committed under our eyes, and is there now */
    DB_QUERY(op, s->db, &DB_PUBLIC, SQL_QUERIES_FILE_STORE_CLAIM, &s->rows, s->proposal);
    return OP_AGAIN;
}

static bool refuse(const struct settling *s, const char *known, struct gov_err *err)
{
    const char *seen = file_store_identity(s->store);

    return gov_fail_at(err, GOV_CONFIGURATION, "files", "other_store",
                       "this is not the file store of this database: it has the identity %s, and the database knows "
                       "%s; set files to that one, or move the files here together with the one called identity",
                       "这不是该数据库的文件存储：其标识为 %s，而数据库记录为 %s；请将 files 指向原存储，"
                       "或将文件连同 identity 文件一并迁移至此",
                       *seen ? seen : "(none)", known);
}

/* Blocking where the store is given its identity: nothing else runs yet. */
static enum op_next compare(struct op *op)
{
    struct settling *s = (struct settling *)op;
    const char *known = db_text(&s->rows, 0, CLAIM_IDENTITY);

    if (!*file_store_identity(s->store) && !db_bool(&s->rows, 0, CLAIM_SETTLED) &&
        !file_store_identify(s->store, known, &op->err))
        return OP_FAIL;
    return strcmp(file_store_identity(s->store), known) == 0 || refuse(s, known, &op->err) ? OP_NEXT : OP_FAIL;
}

static enum op_next settle(struct op *op)
{
    struct settling *s = (struct settling *)op;

    if (!db_bool(&s->rows, 0, CLAIM_SETTLED))
        DB_QUERY(op, s->db, &DB_PUBLIC, SQL_QUERIES_FILE_STORE_SETTLE, NULL, file_store_identity(s->store));
    return OP_WAIT;
}

static const struct op_step steps[] = { { "claim", claim }, { "compare", compare }, { "settle", settle }, { 0 } };

bool file_identity_settle(struct loop *loop, struct db *db, struct file_store *store, struct gov_err *err)
{
    struct settling s = { .db = db, .store = store };

    op_init(&s.op, "file_identity", steps, loop, NULL);
    s.proposal = *file_store_identity(store) ? file_store_identity(store) : arena_text(&s.op.arena, id_new().text);
    bool good = op_await(&s.op, err);
    op_release(&s.op);
    return good;
}
