/* package_check.c - what can be seen without running: enough to save an upload that would be refused.
 * skill.json is read by the server's function, the code by the server's program (package_look.c); the
 * server looks again, in the sandbox, and its word counts. */
#include <string.h>

#include "cli/package/package.h"
#include "core/base/json.h"
#include "core/model/skill/findings.h"
#include "core/model/skill/manifest.h"

static void find(json_t *findings, enum gov_language language, const char *severity,
                 const char *code, const char *path, struct gov_text message)
{
    json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:s, s:n}", "severity", severity, "code", code,
                                              "path", path, "message", gov_text_in(message, language), "line"));
}

/* What the server's own reading of skill.json, README and the list of files says: the same function. */
static void check_manifest(json_t *findings, enum gov_language language,
                           const struct package *package, struct arena *arena)
{
    const char **paths = ARENA_ARRAY(arena, const char *, package->count + 1);
    const char *json = package_text(package, "skill.json", arena);
    const char *readme = package_text(package, "README.md", arena);
    struct skill_manifest manifest = { 0 };
    struct gov_err err = { 0 };

    for (size_t i = 0; i < package->count; i++)
        paths[i] = package->files[i].path;
    struct skill_package seen = {
        .name = package->name, .files = paths, .file_count = package->count,
        .manifest = json, .manifest_bytes = json ? strlen(json) : 0,
        .readme = readme, .readme_bytes = readme ? strlen(readme) : 0,
    };
    bool good = skill_manifest_build(&seen, &manifest, arena, &err);
    const struct gov_err_item *items = good ? manifest.warnings : err.items;
    size_t count = good ? manifest.warning_count : err.item_count;
    for (size_t i = 0; i < count; i++)
        find(findings, language, good ? "note" : "error", items[i].code, items[i].path,
             items[i].message);
    if (!good && count == 0)
        find(findings, language, "error", gov_code_info(err.code)->wire, err.path,
             (struct gov_text){ err.en, err.zh });
}

/* Findings of the look at the code, in one language. */
static void check_code(json_t *findings, enum gov_language language, const struct package *package,
                       struct arena *arena)
{
    struct findings looked = { 0 };
    struct buf list = { 0 };
    json_t *one, *message;
    size_t i;

    package_look(package, arena, &looked);
    buf_addf(&list, "[%s]", buf_text(&looked.items));
    json_t *all = json_loadb(list.data, list.length, 0, NULL);
    json_array_foreach(all, i, one) {
        message = json_object_get(json_object_get(one, "message"), language == GOV_ZH ? "zh" : "en");
        json_object_set(one, "message", message);
        if (!json_object_get(one, "line"))
            json_object_set_new(one, "line", json_null());
        json_array_append(findings, one);
    }
    json_decref(all);
    buf_release(&list);
    findings_release(&looked);
}

json_t *package_check(const struct package *package, enum gov_language language,
                      struct arena *arena)
{
    json_t *findings = json_own(arena, json_array());

    check_manifest(findings, language, package, arena);
    for (size_t i = 0; i < package->refused_count; i++)
        find(findings, language, "error", "file", package->refused[i],
             (struct gov_text){ "is a link, a device, or has a name that nobody may carry",
                                "是链接、设备，或文件名不合法" });
    check_code(findings, language, package, arena);
    return findings;
}
