#include "cli/command/money/money_file.h"

#include <stdio.h>
#include <string.h>

#include "cli/file_text.h"
#include "cli/net/remote.h"
#include "core/base/json.h"
#include "core/io/crypto/base64.h"

enum { FILE_BYTES_MAX = 4 * 1024 * 1024 };

bool money_file_add(struct cli *cli, const char *path, json_t *body, struct gov_err *err)
{
    const char *text, *name = strrchr(path, '/');
    size_t bytes;

    if (!file_text_read(cli, path, FILE_BYTES_MAX, &text, &bytes, err))
        return false;
    if (bytes == 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, path, "empty", "%s is empty", "%s 是空文件", path);
    json_object_set_new(body, "file_name", json_string(name ? name + 1 : path));
    json_object_set_new(body, "content", json_string(base64_make(text, bytes, &cli->arena)));
    return true;
}

bool money_file_send(struct cli *cli, const char *path, const json_t *body, const struct money_column *columns, struct gov_err *err)
{
    const json_t *answer;

    if (!remote_post(cli, path, body, &answer, err))
        return false;
    if (cli->json) {
        cli_print_json(answer);
        return true;
    }
    money_table(cli, json_object_get(answer, "items"), columns);
    money_one(cli, json_object_get(answer, "counts"));
    if (json_get_text(answer, "digest"))
        printf("%s %s\n", cli_text(cli, "digest:", "摘要："), json_get_text(answer, "digest"));
    return true;
}
