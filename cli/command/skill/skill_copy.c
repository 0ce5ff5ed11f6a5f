/* skill_copy.c - skills of one tenant into another, by somebody who is in both.
 *
 * Read with the login of this call, uploaded with the stored one of the other tenant: what he may there is decided
 * there, the new version is checked and reviewed as that tenant's rules want it, and on the server no tenant ever reads
 * from another's schema. One skill that cannot be copied does not hold up the others; each is told what became of it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command/commands.h"
#include "cli/command/skill/skill_fetch.h"
#include "cli/command/skill/skill_upload.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

struct copy {
    struct cli *cli;
    struct profile here, there;
    bool dry, update;
    json_t *items;
    int failed; /* exit code of the first that was not copied and should have been; 0: none */
};

struct one {
    const char *skill;
    const json_t *version; /* here */
    int64_t number;        /* of the version there; 0: none */
    bool other;            /* the name is taken there by other content */
};

/* --- whose is what --- */

/* The tenant of the login that is used now; false: there is none, or it is the platform's. */
static bool tenant_of(struct cli *cli, const char **id, struct gov_err *err)
{
    const json_t *me;

    if (!remote_get(cli, "/v1/me", &me, err))
        return false;
    *id = json_get_text(json_object_get(me, "tenant"), "id");
    return *id || gov_fail(err, GOV_INVALID_INPUT, "the login \"%s\" is of the platform, which has no skills",
                           "登录“%s”属于平台，平台没有技能", cli->profile.name);
}

static bool find_both(struct copy *c, const char *wanted, struct gov_err *err)
{
    struct cli *cli = c->cli;
    const char *here, *there;

    c->here = cli->profile;
    if (!profile_find(wanted, &c->there, &cli->arena, err) || !tenant_of(cli, &here, err))
        return false;
    cli->profile = c->there;
    bool found = tenant_of(cli, &there, err);
    cli->profile = c->here;
    if (!found && !*err->path) /* which of the two logins it was */
        snprintf(err->path, sizeof err->path, "%s", c->there.name);
    if (!found || strcmp(here, there) != 0)
        return found;
    return gov_fail_at(err, GOV_INVALID_INPUT, "--to", "same",
                       "%s is the tenant that you copy from; -p names the login to copy from, --to the one to copy to",
                       "%s 就是要复制的来源租户；-p 指定来源登录，--to 指定目标登录", wanted);
}

static bool names_of(struct copy *c, const struct args *args, json_t **names, struct gov_err *err)
{
    json_t *items, *one;
    size_t i;

    *names = json_own(&c->cli->arena, json_array());
    if (args_flag(args, "all") == (args->count > 0))
        return gov_fail(err, GOV_INVALID_INPUT, "name the skills, or say --all", "请指定技能名称，或使用 --all");
    for (i = 0; i < args->count; i++)
        json_array_append_new(*names, json_string(args->words[i]));
    if (args->count > 0)
        return true;
    if (!remote_list(c->cli, "/v1/skills?all=true", 0, &items, NULL, err))
        return false;
    json_array_foreach(items, i, one)
        json_array_append(*names, json_object_get(one, "name"));
    return true;
}

/* --- one skill --- */

/* What is there under this name. */
static bool look_there(struct copy *c, struct one *one, struct gov_err *err)
{
    struct cli *cli = c->cli;
    const char *digest = json_get_text(one->version, "digest"), *its;
    const char *path = arena_format(&cli->arena, "/v1/skills/%s/versions", remote_segment(cli, one->skill));
    json_t *items, *version;
    size_t i;

    if (!remote_list(cli, path, 0, &items, NULL, err))
        return err->code == GOV_NOT_FOUND;
    json_array_foreach(items, i, version)
        if ((its = json_get_text(version, "digest")) && digest && strcmp(its, digest) == 0)
            one->number = json_get_int(version, "version", 0);
    one->other = one->number == 0 && json_array_size(items) > 0;
    return true;
}

static void note(struct copy *c, const struct one *one, const char *result, const json_t *made, const struct gov_err *err)
{
    int64_t number = json_get_int(made, "version", one->number);
    json_t *item = json_pack("{s:s, s:s}", "skill", one->skill, "result", result);

    if (one->version)
        json_object_set(item, "version", json_object_get(one->version, "version"));
    if (number > 0)
        json_object_set_new(item, "version_there", json_integer(number));
    if (json_get_text(made, "state"))
        json_object_set(item, "state", json_object_get(made, "state"));
    if (err) {
        const struct gov_code_info *info = gov_code_info(err->code);
        json_object_set_new(item, "code", json_string(info->wire));
        json_object_set_new(item, "detail", json_string(gov_err_detail(err, c->cli->language)));
        c->failed = c->failed ? c->failed : info->exit_code;
    }
    json_array_append_new(c->items, item);
}

/* Fetched with the one login, uploaded with the other. */
static bool carry(struct copy *c, struct one *one, const json_t **made, bool *known, struct gov_err *err)
{
    struct cli *cli = c->cli;
    const char *path, *suffix;

    if (!skill_fetch_archive(cli, one->version, &path, &suffix, err))
        return false;
    cli->profile = c->there;
    bool done = skill_upload(cli, path, arena_format(&cli->arena, "%s%s", one->skill, suffix), one->skill, made, known, err);
    cli->profile = c->here;
    unlink(path);
    return done;
}

static void copy_one(struct copy *c, const char *skill)
{
    struct one one = { .skill = skill };
    struct gov_err err = { 0 };
    const json_t *made = NULL;
    bool known = false;

    bool found = skill_fetch_version(c->cli, skill, 0, &one.version, &err);
    c->cli->profile = c->there;
    found = found && look_there(c, &one, &err);
    c->cli->profile = c->here;
    if (!found)
        note(c, &one, "failed", NULL, &err);
    else if (one.number > 0)
        note(c, &one, "present", NULL, NULL);
    else if (one.other && !c->update)
        note(c, &one, "differs", NULL, NULL);
    else if (c->dry)
        note(c, &one, "would_copy", NULL, NULL);
    else if (!carry(c, &one, &made, &known, &err))
        note(c, &one, "failed", NULL, &err);
    else
        note(c, &one, known ? "present" : "copied", made, NULL);
    c->cli->problem = NULL; /* told with its skill */
}

/* --- what became of them --- */

static const char *result_shown(const struct cli *cli, const json_t *item)
{
    static const struct {
        const char *result;
        struct gov_text text;
    } words[] = {
        { "copied", { "copied", "已复制" } },
        { "would_copy", { "would be copied", "将复制" } },
        { "present", { "there already", "已存在" } },
        { "differs", { "another of this name is there; --update makes a new version of it", "同名技能内容不同；--update 可作为其新版本" } },
        { NULL, { NULL, NULL } },
    };
    const char *result = json_get_text(item, "result"), *detail = json_get_text(item, "detail");

    for (size_t i = 0; words[i].result; i++)
        if (strcmp(words[i].result, result) == 0)
            return gov_text_in(words[i].text, cli->language);
    return detail ? detail : result;
}

static void show(struct copy *c)
{
    struct cli *cli = c->cli;
    struct table table;
    const json_t *item;
    size_t i;

    table_init(&table, &cli->arena);
    table_column(&table, "SKILL", "技能");
    table_column_right(&table, "VERSION", "版本");
    table_column_right(&table, "THERE", "目标版本");
    table_column(&table, "STATE", "状态");
    table_column_flexible(&table, "RESULT", "结果");
    json_array_foreach(c->items, i, item)
    {
        table_row(&table);
        table_cell(&table, json_get_text(item, "skill"));
        table_cellf(&table, "%lld", (long long)json_get_int(item, "version", 0));
        table_cellf(&table, "%lld", (long long)json_get_int(item, "version_there", 0));
        table_cell(&table, json_get_text(item, "state"));
        table_cell(&table, result_shown(cli, item));
    }
    show_table(cli, &table);
}

static void tell(struct copy *c)
{
    struct cli *cli = c->cli;
    size_t i, copied = 0;
    const json_t *item;

    json_array_foreach(c->items, i, item)
        copied += strcmp(json_get_text(item, "result"), "copied") == 0;
    if (cli->json) {
        json_t *all = json_pack("{s:{s:s, s:s?, s:s}, s:b, s:O}", "to", "profile", c->there.name, "tenant", c->there.tenant, "url",
                                c->there.url, "dry_run", c->dry, "items", c->items);
        cli_print_json(all);
        json_decref(all);
        return;
    }
    show(c);
    if (copied)
        cli_note(cli, "next, as that tenant's rules want it: execgov -p %s skill review SKILL N --approve, then skill publish; who may run it, "
                 "parameters, schedules and credentials are set there",
                 "下一步（按目标租户的规则）：execgov -p %s skill review 技能 版本 --approve，然后 skill publish；可运行人员、参数、定时计划和凭据请在那里设置",
                 c->there.name);
}

bool command_skill_copy(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct copy c = { .cli = cli, .dry = args_flag(args, "dry-run"), .update = args_flag(args, "update") };
    const char *to = args_value(args, "to", NULL);
    json_t *names, *name;
    size_t i;

    if (!to)
        return gov_fail_at(err, GOV_INVALID_INPUT, "--to", "required", "--to names the login of the other tenant, or that tenant",
                           "请用 --to 指定目标租户或其登录");
    c.items = json_own(&cli->arena, json_array());
    if (!names_of(&c, args, &names, err) || !find_both(&c, to, err))
        return false;
    json_array_foreach(names, i, name)
        copy_one(&c, json_string_value(name));
    tell(&c);
    cli->exit_code = c.failed;
    return true;
}
