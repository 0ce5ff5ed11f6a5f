/* seed.c - one thing at a time: every statement is an op that is awaited.
 *
 * It goes through the same statements as the API, so a seeded person is not a special one.
 */
#include "api/seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/people/person.h"
#include "api/server.h"
#include "core/base/log.h"
#include "core/io/crypto/crypto.h"
#include "core/io/db/db.h"
#include "core/model/policy.h"
#include "core/store/queue/incarnation.h"

enum { FILE_BYTES_MAX = 1 << 20, PARAMS_MAX = 8 };
static const char session_seconds[] = "604800"; /* seven days */

struct seed {
    struct arena arena;
    struct loop loop;
    struct db *db;
    struct gov_err err;
};

struct seed_user {
    const char *email, *name, *role, *password;
    struct id id;
};

static const struct json_field user_fields[] = {
    { "email", JSON_FIELD_TEXT, true, offsetof(struct seed_user, email), 3, 254, NULL },
    { "name", JSON_FIELD_TEXT, true, offsetof(struct seed_user, name), 1, 400, NULL },
    { "role", JSON_FIELD_TEXT, false, offsetof(struct seed_user, role), 1, 40, NULL },
    { "password", JSON_FIELD_TEXT, false, offsetof(struct seed_user, password), 1, 800, NULL },
};

struct seed_tenant {
    const char *name, *kind, *timezone, *locale;
    json_t *users;
    struct id id;
    const char *schema;
};

static const char *const kinds[] = { "personal", "team", NULL };
static const char *const locales[] = { "en", "zh-CN", NULL };
static const struct json_field tenant_fields[] = {
    { "name", JSON_FIELD_TEXT, true, offsetof(struct seed_tenant, name), 1, 400, NULL },
    { "kind", JSON_FIELD_TEXT, false, offsetof(struct seed_tenant, kind), 0, 0, kinds },
    { "timezone", JSON_FIELD_TEXT, false, offsetof(struct seed_tenant, timezone), 1, 64, NULL },
    { "locale", JSON_FIELD_TEXT, false, offsetof(struct seed_tenant, locale), 0, 0, locales },
    { "users", JSON_FIELD_ARRAY, false, offsetof(struct seed_tenant, users), 0, 0, NULL },
};

/* --- one statement, one password --- */

struct statement {
    struct op op;
    struct db *db;
    enum sql_queries query;
    struct db_rows rows;
    int count;
    const char *const *params;
    const char *password;
    char *hash;
};

static enum op_next begin(struct op *op)
{
    struct statement *s = (struct statement *)op;

    if (s->hash)
        crypto_password_hash(op, s->password, s->hash);
    else
        db_query(op, s->db, &DB_PUBLIC, s->query, &s->rows, s->count, s->params);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "begin", begin }, { 0 } };

/* First row's first two cells, copied; "" where there is no row. */
static bool ask(struct seed *seed, enum sql_queries query, const char *cells[2], int count,
                const char *const *params)
{
    struct statement s = { .query = query };

    op_init(&s.op, "seed", steps, &seed->loop, NULL);
    s.db = seed->db;
    s.query = query;
    s.count = count;
    s.params = params;
    bool good = op_await(&s.op, &seed->err);
    for (int i = 0; good && cells && i < 2; i++)
        cells[i] = s.rows.count && PQnfields(s.rows.result) > i ?
                       arena_text(&seed->arena, db_text(&s.rows, 0, i)) :
                       "";
    op_release(&s.op);
    return good;
}
#define ASK(seed, query, cells, ...)                                                               \
    ask((seed), (query), (cells),                                                                  \
        (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *)),                     \
        (const char *const[]){ __VA_ARGS__ })

static bool hash_password(struct seed *seed, const char *password, char hash[CRYPTO_PASSWORD_BYTES])
{
    struct statement s = { .password = password };

    op_init(&s.op, "seed", steps, &seed->loop, NULL);
    s.password = password;
    s.hash = hash;
    bool good = op_await(&s.op, &seed->err);
    op_release(&s.op);
    return good;
}

static bool note(struct seed *seed, const char *tenant, const char *action, const char *kind,
                 const char *subject)
{
    return ASK(seed, SQL_QUERIES_AUDIT_ADD, NULL, tenant, NULL, "system", "operation", action, kind,
               subject, NULL);
}

/* --- people and tenants --- */

/* The user of that e-mail, made if there is none. */
static bool user_ensure(struct seed *seed, struct seed_user *user)
{
    char hash[CRYPTO_PASSWORD_BYTES], random[CRYPTO_TOKEN_BYTES];
    const char *cells[2];

    if (!person_email_check(&user->email, "/email", &seed->arena, &seed->err) ||
        !person_name_check(user->name, "/name", &seed->err) ||
        !ASK(seed, SQL_QUERIES_USER_FIND, cells, user->email))
        return false;
    if (id_parse(cells[0], &user->id))
        return true;
    if (user->password && !person_password_check(user->password, user->email, &seed->err))
        return false;
    crypto_token_new("", random);
    user->id = id_new();
    return hash_password(seed, user->password ? user->password : random, hash) &&
           ASK(seed, SQL_QUERIES_USER_INSERT, NULL, user->id.text, user->email, user->name, hash,
               NULL, NULL) &&
           note(seed, NULL, "user.created", "user", user->id.text);
}

static bool session_make(struct seed *seed, const struct seed_user *user, const char *tenant,
                         json_t *answer)
{
    char token[CRYPTO_TOKEN_BYTES];
    const char *cells[2];

    crypto_token_new("egs_", token);
    json_object_set_new(answer, "email", json_string(user->email));
    json_object_set_new(answer, "token", json_string(token));
    return ASK(seed, SQL_QUERIES_SESSION_INSERT, cells, crypto_sha256_bytea(&seed->arena, token),
               id_new().text, user->id.text, tenant, NULL, session_seconds, "execgov-api seed",
               NULL) &&
           note(seed, tenant, "session.seeded", "user", user->id.text);
}

static bool member_seed(struct seed *seed, const struct seed_tenant *tenant, const json_t *given,
                        json_t *users)
{
    struct seed_user user = { .role = "viewer" };
    json_t *answer = json_own(&seed->arena, json_object());
    enum role role;

    if (!JSON_DECODE(given, user_fields, &user, &seed->arena, &seed->err))
        return false;
    if (!role_parse(user.role, &role) || role_is_platform(role) || role == ROLE_NONE)
        return gov_fail_at(&seed->err, GOV_INVALID_INPUT, "/role", "enum",
                           "\"%s\" is no role in a tenant", "“%s”不是租户内的角色", user.role);
    json_object_set_new(answer, "role", json_string(user.role));
    json_array_append(users, answer);
    return user_ensure(seed, &user) &&
           ASK(seed, SQL_QUERIES_MEMBERSHIP_INSERT, NULL, tenant->id.text, user.id.text,
               user.role) &&
           session_make(seed, &user, tenant->id.text, answer);
}

static bool tenant_ensure(struct seed *seed, struct seed_tenant *tenant)
{
    const char *cells[2];

    if (!person_name_check(tenant->name, "/name", &seed->err) ||
        !person_timezone_check(tenant->timezone, &seed->err) ||
        !ASK(seed, SQL_QUERIES_TENANT_BY_NAME, cells, tenant->name))
        return false;
    tenant->schema = cells[1];
    if (id_parse(cells[0], &tenant->id))
        return true;
    tenant->id = id_new();
    if (!ASK(seed, SQL_QUERIES_TENANT_CREATE, cells, tenant->id.text, tenant->name,
             tenant->kind ? tenant->kind : "team", tenant->timezone, tenant->locale, NULL))
        return false;
    tenant->schema = cells[0];
    return true;
}

static bool tenant_seed(struct seed *seed, const json_t *given, json_t *tenants)
{
    struct seed_tenant tenant = { 0 };
    json_t *users = json_own(&seed->arena, json_array()), *user;
    size_t i;

    if (!JSON_DECODE(given, tenant_fields, &tenant, &seed->arena, &seed->err) ||
        !tenant_ensure(seed, &tenant))
        return false;
    json_array_append_new(tenants, json_pack("{s:s, s:s, s:s, s:O}", "name", tenant.name, "id",
                                             tenant.id.text, "schema", tenant.schema, "users",
                                             users));
    json_array_foreach(tenant.users, i, user)
        if (!member_seed(seed, &tenant, user, users))
            return false;
    return true;
}

static bool platform_seed(struct seed *seed, const json_t *given, json_t *answer)
{
    struct seed_user user = { 0 };

    return JSON_DECODE(given, user_fields, &user, &seed->arena, &seed->err) &&
           user_ensure(seed, &user) &&
           ASK(seed, SQL_QUERIES_PLATFORM_ROLE_INSERT, NULL, user.id.text,
               role_name(ROLE_PLATFORM_ADMIN)) &&
           session_make(seed, &user, NULL, answer);
}

struct seed_file {
    json_t *platform, *platform_admin, *tenants;
};

static const struct json_field file_fields[] = {
    { "platform", JSON_FIELD_OBJECT, false, offsetof(struct seed_file, platform), 0, 0, NULL },
    { "platform_admin", JSON_FIELD_OBJECT, false, offsetof(struct seed_file, platform_admin), 0, 0,
      NULL },
    { "tenants", JSON_FIELD_ARRAY, false, offsetof(struct seed_file, tenants), 0, 0, NULL },
};

static bool seed_all(struct seed *seed, const struct seed_file *file, json_t *answer)
{
    json_t *tenants = json_own(&seed->arena, json_array()), *tenant;
    json_t *platform = json_own(&seed->arena, json_object());
    const json_t *admin = file->platform ? file->platform : file->platform_admin;
    size_t i;

    json_object_set(answer, "tenants", tenants);
    json_array_foreach(file->tenants, i, tenant)
        if (!tenant_seed(seed, tenant, tenants))
            return false;
    if (!admin)
        return true;
    json_object_set(answer, "platform", platform);
    return platform_seed(seed, admin, platform);
}

/* --- the program --- */

static bool file_read(struct seed *seed, const char *path, struct seed_file *file)
{
    FILE *in = fopen(path, "re");
    char *text = arena_alloc(&seed->arena, FILE_BYTES_MAX + 1);

    if (!in)
        return gov_fail(&seed->err, GOV_NOT_FOUND, "cannot read %s: %m", "无法读取 %s：%m", path);
    size_t bytes = fread(text, 1, FILE_BYTES_MAX + 1, in);
    fclose(in);
    if (bytes > FILE_BYTES_MAX)
        return gov_fail(&seed->err, GOV_BODY_TOO_LARGE, "%s is larger than %d bytes",
                        "%s 超过 %d 字节", path, FILE_BYTES_MAX);
    return json_decode_text(text, bytes, file_fields, sizeof file_fields / sizeof *file_fields,
                            file, NULL, &seed->arena, &seed->err);
}

static bool work(struct seed *seed, const struct api_settings *settings, const char *path,
                 json_t *answer)
{
    const struct db_options options = { .conninfo = settings->pg,
                                        .application = "execgov-api seed",
                                        .connections_per_role = 1 };
    struct seed_file file = { 0 };
    char incarnation[INCARNATION_BYTES];

    if (!file_read(seed, path, &file) || !crypto_init(&seed->err))
        return false;
    loop_init(&seed->loop);
    seed->db = db_new(&seed->loop, &options);
    bool good =
        incarnation_read(&seed->loop, seed->db, INCARNATION_PATIENCE_MS, incarnation, &seed->err) &&
        seed_all(seed, &file, answer);
    db_stop(seed->db);
    loop_release(&seed->loop);
    return good;
}

/* Take "seed" and "--file F" out of argv; what stays are the settings' flags. NULL: no file named. */
static const char *file_argument(int *argc, char **argv)
{
    const char *file = NULL;
    int kept = 1;

    for (int i = 2; i < *argc; i++) {
        if (strcmp(argv[i], "--file") == 0 && i + 1 < *argc)
            file = argv[++i];
        else
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    *argc = kept;
    return file;
}

static int report(struct seed *seed, const json_t *answer, bool good)
{
    if (good) {
        json_dumpf(answer, stdout, JSON_INDENT(2));
        fputc('\n', stdout);
        return fflush(stdout) == 0 ? 0 : SERVICE_EXIT_START;
    }
    fprintf(stderr, "execgov-api seed: %s%s%s\n", gov_err_detail(&seed->err, GOV_EN),
            *seed->err.cause ? ": " : "", seed->err.cause);
    for (size_t i = 0; i < seed->err.item_count; i++)
        fprintf(stderr, "  %s: %s\n", seed->err.items[i].path, seed->err.items[i].message.en);
    return SERVICE_EXIT_START;
}

int seed_main(int argc, char **argv)
{
    struct api_settings settings = { 0 };
    struct seed seed = { 0 };
    const char *file = file_argument(&argc, argv);
    int code = SERVICE_EXIT_USAGE;

    arena_init(&seed.arena);
    switch (settings_load(api_settings_table, &settings, "execgov-api seed",
                          "Make the first tenants and people: execgov-api seed --file people.json",
                          argc, argv, &seed.arena)) {
    case SETTINGS_EXIT_OK:
        code = 0;
        break;
    case SETTINGS_EXIT_USAGE:
        break;
    case SETTINGS_RUN:
        if (!file) {
            fputs("execgov-api seed: say which file: --file people.json\n", stderr);
            break;
        }
        json_t *answer = json_own(&seed.arena, json_object());
        code = report(&seed, answer, work(&seed, &settings, file, answer));
    }
    arena_release(&seed.arena);
    return code;
}
