#include "worker/run/run_result.h"

#include <string.h>

#include "core/model/schema/schema.h"

static bool fits(const json_t *result, const struct skill_action *action, struct arena *arena,
                 struct gov_err *err)
{
    struct gov_err why;

    if (!action->output || json_is_null(action->output))
        return true;
    const struct schema *schema = schema_compile(action->output, arena, err);
    if (!schema)
        return false;
    if (schema_validate(schema, result, arena, &why))
        return true;
    gov_fail_at(err, GOV_RESULT_INVALID, why.path, why.item,
                "the script's result does not fit its output schema: %s",
                "脚本结果不符合输出 schema：%s", why.en);
    err->items = why.items;
    err->item_count = why.item_count;
    return false;
}

json_t *run_result_read(const char *written, size_t bytes, const struct run_log *log,
                        const struct skill_action *action, struct arena *arena,
                        struct gov_err *err)
{
    struct gov_err why;
    const char *line = run_log_last_line(log);
    json_t *result = NULL;

    if (written) {
        result = json_parse(arena, written, bytes, &why);
        if (!result) {
            gov_fail(err, GOV_RESULT_INVALID, "what the script wrote to $EXECGOV_RESULT is no JSON: %s",
                     "脚本写入 $EXECGOV_RESULT 的内容不是 JSON：%s", why.en);
            return NULL;
        }
    } else if (line && (line[0] == '{' || line[0] == '[')) {
        result = json_parse(arena, line, strlen(line), &why);
    }
    if (!result)
        result = json_own(arena, json_pack("{s:s}", "stdout", run_log_stdout(log)));
    return fits(result, action, arena, err) ? result : NULL;
}
