#include "cli/command/people/secret.h"

#include <string.h>

#include "cli/out/term.h"

bool secret_read(struct cli *cli, const struct args *args, const char *en, const char *zh,
                 bool twice, const char **secret, struct gov_err *err)
{
    const char *again;

    if (args_flag(args, "password-stdin"))
        return term_line_stdin(cli, secret, err);
    if (!term_ask(cli, cli_text(cli, en, zh), true, secret, err))
        return gov_fail(err, GOV_INVALID_INPUT,
                        "there is no terminal to ask for a password; pipe it in with --password-stdin",
                        "没有终端可输入密码；请用 --password-stdin 从标准输入提供");
    if (!twice)
        return true;
    if (!term_ask(cli, cli_text(cli, "Once more:", "再输入一次："), true, &again, err))
        return false;
    if (strcmp(*secret, again) != 0)
        return gov_fail(err, GOV_INVALID_INPUT, "the two are not the same", "两次输入不一致");
    return true;
}
