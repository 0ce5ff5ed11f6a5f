/* command_table.c - every command, in the order help shows them. One row is everything there is to
 * know; an option of a name means the same wherever it appears (tests/unit/cli/command_test.c). */
#include "cli/command.h"
#include "cli/command_option.h"
#include "cli/command/commands.h"
#include "cli/intent_tool.h"
#include "cli/migrate.h"
#include "cli/restore.h"
#include "cli/simulate_tool.h"

const struct command_option command_options_all[] = {
    FLAG("help", 'h', "this text", "显示帮助"),
    FLAG("json", 0, "print JSON", "输出 JSON"),
    FLAG("quiet", 'q', "no notes, no progress", "不显示提示和进度"),
    FLAG("no-color", 0, "no colours", "不使用颜色"),
    TEXT("profile", 'p', "NAME", "which server and token", "使用的配置"),
    TEXT("url", 0, "URL", "address of the server", "服务器地址"),
    TEXT("timeout", 't', "SECONDS", "stop waiting then (exit code 6)", "最长等待秒数（退出码 6）"),
    FLAG("man", 0, "print the manual page (roff)", "输出手册页（roff）"),
    FLAG("version", 'V', "print the version", "显示版本"),
    END,
};

static const struct command_option login_options[] = {
    EMAIL, TEXT("tenant", 0, "ID", "which tenant, or \"platform\"", "租户编号或 platform"), STDIN_SECRET,
    END,
};
static const struct command_option register_options[] = {
    EMAIL, TEXT("name", 0, "NAME", "a name", "名称"),
    TEXT("tenant-name", 0, "NAME", "name of your own tenant", "自有租户名称"),
    TEXT("invitation", 0, "TOKEN", "of an invitation link", "邀请令牌"), STDIN_SECRET, END,
};
static const struct command_option secret_options[] = { STDIN_SECRET, END };
static const struct command_option list_options[] = {
    FLAG("all", 0, "also what one may only administer", "包括仅可管理的"),
    FLAG("names", 0, "names only, one a line", "仅显示名称，每行一个"), END,
};
static const struct command_option run_options[] = {
    INPUT, FILE_OPTION, ACTION, WAIT, FOLLOW, OUT, FORCE,
    TEXT("skill-version", 0, "N", "an older published version", "指定已发布版本"),
    CHOICE("class", 0, "interactive|normal|bulk", "how urgent", "优先级"),
    TEXT("delay", 0, "SECONDS", "not before", "延迟秒数"),
    TEXT("at", 0, "TIME", "not before, RFC 3339", "最早执行时间"),
    TEXT("callback", 0, "URL", "told when it has ended", "结束时回调的地址"),
    TEXT("concurrency-key", 0, "KEY", "one after another with the same key", "相同键串行执行"), ZONE, KEY,
    END,
};
static const struct command_option ask_options[] = {
    FILE_OPTION, TEXT("follow-up-of", 0, "REQUEST", "the same again, but for what is said", "沿用该请求，仅修改所说内容"), WAIT, FOLLOW, OUT, FORCE,
    FLAG("no-wait", 0, "hand in and return", "提交后立即返回"), ZONE, KEY, END,
};
static const struct command_option plan_options[] = {
    INPUT, FILE_OPTION, ACTION, TEXT("skill-version", 0, "N", "an older published version", "指定已发布版本"),
    WAIT, FOLLOW, ZONE, KEY, END,
};
static const struct command_option answer_options[] = {
    INPUT, TEXT("candidate", 'c', "SKILL[/ACTION]", "the skill that was meant", "选定的技能"), WAIT, FOLLOW, OUT, FORCE,
    FLAG("no-wait", 0, "hand in and return", "提交后立即返回"), END,
};
static const struct command_option confirmations_options[] = {
    TEXT("state", 's', "STATE", "only in this state", "按状态筛选"), END,
};
static const struct command_option confirm_options[] = {
    TEXT("digest", 0, "DIGEST", "of the plan you have seen", "已查看计划的摘要"),
    FLAG("yes", 'y', "do not ask", "不再询问"), COMMENT, WAIT, FOLLOW, OUT, FORCE, KEY, END,
};
static const struct command_option comment_options[] = { COMMENT, END };
static const struct command_option delegate_options[] = { SINCE, UNTIL, COMMENT, END };
static const struct command_option things_options[] = {
    TEXT("state", 's', "STATE", "only in this state", "按状态筛选"),
    TEXT("skill", 0, "NAME", "only of this skill", "按技能筛选"),
    FLAG("mine", 0, "only one's own", "仅自己的"), SINCE, UNTIL, LIMIT, END,
};
static const struct command_option stay_options[] = { WAIT, FOLLOW, OUT, FORCE, END };
static const struct command_option rerun_options[] = { WAIT, FOLLOW, OUT, FORCE, KEY, END };
static const struct command_option log_options[] = { FOLLOW, END };
static const struct command_option out_options[] = { OUT, FORCE, END };
static const struct command_option limit_options[] = { LIMIT, END };
static const struct command_option force_options[] = { FORCE, END };
static const struct command_option push_options[] = { TEXT("name", 0, "NAME", "a name", "名称"), END };
static const struct command_option try_options[] = {
    TEXT("name", 0, "NAME", "a name", "名称"), INPUT, FILE_OPTION, ACTION, FOLLOW, OUT, FORCE, END,
};
static const struct command_option diff_options[] = {
    TEXT("against", 0, "N", "the version to compare with", "对比的版本"), END,
};
static const struct command_option review_options[] = {
    FLAG("approve", 0, "it may be published", "批准"), FLAG("reject", 0, "it may not", "驳回"), COMMENT, END,
};
static const struct command_option allow_options[] = { ROLE, USER, ACTION, END };
static const struct command_option user_options[] = { USER, END };
static const struct command_option unmet_options[] = {
    TEXT("state", 's', "STATE", "only in this state", "按状态筛选"),
    CHOICE("which", 0, "abstained|corrected", "only these", "按类型筛选"), END,
};
static const struct command_option teach_options[] = { TEXT("skill", 0, "NAME", "only of this skill", "按技能筛选"), ACTION, END };
static const struct command_option audit_options[] = {
    TEXT("kind", 'k', "KIND", "login, operation, run, …", "login、operation、run 等"),
    TEXT("actor", 0, "ID", "a user's id", "操作者编号"), TEXT("subject", 0, "ID", "what it was done to", "对象"),
    SINCE, UNTIL, LIMIT, END,
};
static const struct command_option export_options[] = {
    TEXT("kind", 'k', "KIND", "login, operation, run, …", "login、operation、run 等"),
    TEXT("actor", 0, "ID", "a user's id", "操作者编号"), TEXT("subject", 0, "ID", "what it was done to", "对象"),
    SINCE, UNTIL, OUT, END,
};
static const struct command_option invite_options[] = { ROLE, END };
static const struct command_option token_options[] = {
    TEXT("scope", 0, "SCOPE", "what it may do; repeat for more", "权限，可重复"),
    TEXT("skill", 0, "NAME", "only of this skill", "按技能筛选"),
    TEXT("days", 0, "N", "how long it is good; default 90", "有效天数，默认 90"), END,
};
static const struct command_option sandbox_options[] = {
    TEXT("sandbox", 0, "SOCKET", "of this machine's sandboxd; default $EXECGOV_SANDBOX", "本机 sandboxd 的套接字"), END,
};
#define TENANT TEXT("tenant", 0, "ID", "which tenant, or \"platform\"", "租户编号或 platform")
#define SKILL TEXT("skill", 0, "NAME", "only of this skill", "按技能筛选")
static const struct command_option tenant_options[] = { TENANT, END };
static const struct command_option letters_options[] = {
    TENANT, TEXT("state", 's', "STATE", "only in this state", "按状态筛选"), LIMIT, END,
};
static const struct command_option redrive_options[] = {
    TENANT, LIMIT, TEXT("per-minute", 0, "N", "so many a minute; default 60", "每分钟数量，默认 60"), COMMENT, END,
};
static const struct command_option letter_options[] = { TENANT, COMMENT, END };
static const struct command_option limits_options[] = {
    SKILL, TEXT("weight", 0, "N", "share of run time against other tenants", "与其他租户相比的份额"),
    TEXT("concurrency", 0, "N", "runs at once; 0: no limit", "同时运行数，0 为不限"),
    TEXT("rate", 0, "N", "starts a second; 0: no limit", "每秒启动数，0 为不限"), COMMENT, END,
};
static const struct command_option pause_options[] = { SKILL, COMMENT, END };
static const struct command_option credential_options[] = {
    TEXT("description", 0, "TEXT", "what it is for", "用途说明"),
    TEXT("tenant", 0, "ID", "which tenant, or \"platform\"", "租户编号或 platform"),
    { "value-file", 0, VALUE_FILE, "FILE", { "the secret, or a JSON object of its parts; - is stdin", "密文或其各部分的 JSON 对象；- 为标准输入" } },
    END,
};
static const struct command_option credential_value_options[] = {
    { "value-file", 0, VALUE_FILE, "FILE", { "the secret, or a JSON object of its parts; - is stdin", "密文或其各部分的 JSON 对象；- 为标准输入" } },
    END,
};
static const struct command_option rotate_key_options[] = {
    FLAG("no-wait", 0, "hand in and return", "提交后立即返回"), END,
};
static const struct command_option schedules_options[] = { TEXT("skill", 0, "NAME", "only of this skill", "按技能筛选"), END };
static const struct command_option schedule_options[] = {
    TEXT("name", 0, "NAME", "a name", "名称"), ZONE, INPUT, FILE_OPTION, ACTION,
    CHOICE("catch-up", 0, "skip|coalesce|all", "what to do about slots missed in an outage", "停机期间错过的时点如何处理"),
    TEXT("lead", 0, "SECONDS", "how long ahead a confirmation is asked for", "提前多少秒征询确认"), KEY, END,
};
static const struct command_option fire_options[] = { WAIT, FOLLOW, OUT, FORCE, KEY, END };
static const struct command_option firings_options[] = {
    TEXT("state", 's', "STATE", "only in this state", "按状态筛选"), LIMIT, END,
};
static const struct command_option import_options[] = {
    FLAG("dry-run", 0, "only say what would be done", "仅说明将做什么"),
    FLAG("system", 0, "a user's name stands before each command", "每条命令前有用户名"), ZONE, END,
};
static const struct command_option preview_options[] = { ZONE, SINCE, LIMIT, END };
#define CREDENTIAL TEXT("credential", 0, "NAME", "the credential that goes with it", "所用凭据")
static const struct command_option resource_options[] = { CREDENTIAL, END };
static const struct command_option grant_options[] = {
    TEXT("tenant", 0, "ID[,ID…]", "which tenants", "租户编号"),
    TEXT("edition", 0, "CODE[,CODE…]", "whoever has one of these editions", "拥有这些版本的租户"),
    FLAG("everybody", 0, "every tenant", "所有租户"), CREDENTIAL, END,
};
static const struct command_option notice_options[] = {
    TEXT("quiet-hours", 0, "FROM-TO", "hours in which only confirmations come, like 22:00-07:30; \"\": none", "免打扰时段，如 22:00-07:30；空为取消"),
    FLAG("never-at-night", 0, "confirmations wait for the end of quiet hours, too", "免打扰时段内也不接收确认"),
    TEXT("mute", 0, "EVENT", "not wanted; repeat for more, \"\": none", "不接收的事件，可重复；空为全部接收"), END,
};
static const struct command_option channel_options[] = {
    CREDENTIAL, TEXT("tenant", 0, "ID", "which tenant, or \"platform\"", "租户编号或 platform"),
    FLAG("off", 0, "set up, but not used", "设置但不启用"), END,
};
static const struct command_option dry_options[] = { INPUT, END };
static const struct command_option version_options[] = {
    FLAG("local", 0, "ask no server", "不查询服务器"), END,
};

static const struct command_option order_list_options[] = {
    TEXT("state", 's', "STATE", "only in this state", "按状态筛选"), TEXT("customer", 0, "ID", "a customer", "客户编号"), END,
};
static const struct command_option order_create_options[] = {
    TEXT("customer", 0, "ID", "a customer", "客户编号"), TEXT("tenant", 0, "ID", "which tenant, or \"platform\"", "租户编号或 platform"),
    TEXT("subscription", 0, "ID", "a subscription", "订阅编号"), TEXT("quantity", 0, "N", "how many packs", "数量（包）"),
    TEXT("tenant-name", 0, "NAME", "name of your own tenant", "自有租户名称"), EMAIL, END,
};
#define REFERENCE TEXT("reference", 0, "TEXT", "the bank's name of the payment", "银行流水号")
#define CURRENCY TEXT("currency", 0, "CODE", "ISO 4217; default CNY", "币种，默认 CNY")
static const struct command_option report_options[] = { REFERENCE, END };
static const struct command_option confirm_payment_options[] = {
    REFERENCE, CURRENCY, TEXT("on", 0, "DATE", "the day the money came", "到账日期"), TEXT("method", 0, "NAME", "bank, cash, …; default bank", "收款方式，默认 bank"),
    TEXT("evidence", 0, "SHA256", "digest of the document", "凭证的 SHA-256"), END,
};
static const struct command_option refund_options[] = {
    REFERENCE, CURRENCY, CHOICE("then", 0, "keep|shorten|shutdown", "what becomes of the subscription", "订阅如何处理"), COMMENT, END,
};
static const struct command_option return_options[] = { REFERENCE, COMMENT, END };
static const struct command_option billing_options[] = {
    TEXT("quantity", 0, "N", "how many packs", "数量（包）"), TEXT("tenant-name", 0, "NAME", "name of your own tenant", "自有租户名称"), END,
};
static const struct command_option state_options[] = { TEXT("state", 's', "STATE", "only in this state", "按状态筛选"), END };
static const struct command_option provider_options[] = {
    CREDENTIAL, TEXT("title", 0, "TEXT", "as people call it", "显示名称"), TEXT("merchant", 0, "ID", "our account there; others have no effect", "商户号，其他商户的通知无效"),
    TEXT("app", 0, "ID", "our application there", "应用编号"), FLAG("off", 0, "refuse its notices", "停用"), END,
};
static const struct command_option statement_options[] = { TEXT("apply", 0, "DIGEST", "do exactly what the dry run with this digest showed", "执行该摘要对应的预览"), END };
static const struct command_option reconcile_options[] = { TEXT("day", 0, "DATE", "the day the file is of", "文件所属日期"), FLAG("dry-run", 0, "only look", "仅查看"), END };
static const struct command_option format_options[] = {
    TEXT("title", 0, "TEXT", "as people call it", "显示名称"), TEXT("method", 0, "NAME", "bank, cash, …; default bank", "收款方式，默认 bank"), END,
};
static const struct command_option invoice_options[] = {
    TEXT("customer", 0, "CUSTOMER", "by id", "客户编号"), CHOICE("fapiao", 0, "none|requested|issued|red_lettered", "only in this state", "按发票状态筛选"), END,
};
static const struct command_option fapiao_options[] = {
    TEXT("number", 0, "NUMBER", "the fapiao's number: 8 digits, or 20 without a code", "发票号码：8 位，或无代码的 20 位"), TEXT("code", 0, "CODE", "the fapiao's code, of a number of 8 digits", "发票代码（8 位号码时）"), TEXT("on", 0, "DATE", "the day that stands on it", "开票日期"), COMMENT, END,
};
static const struct command_option seller_options[] = {
    TEXT("title", 0, "TEXT", "its name as it stands on invoices", "账单上的名称"), TEXT("tax-no", 0, "TEXT", "its tax number", "税号"), FLAG("sells", 0, "it sells from now on, instead of the one that did", "自现在起由其开具"), END,
};
static const struct command_option account_options[] = { TEXT("title", 0, "TEXT", "the payee", "收款方名称"), TEXT("tax-no", 0, "TEXT", "its tax number", "税号"), TEXT("pay-to", 0, "TEXT", "how it is paid, as customers read it beside their orders", "付款方式，供客户在订单旁查看"), COMMENT, END };
static const struct command_option edition_ls_options[] = { FLAG("on-sale", 0, "only what can be ordered now", "仅在售"), END };
static const struct command_option edition_version_options[] = { TEXT("price", 0, "AMOUNT", "the new price: 329.00", "新价格，如 329.00"), SINCE, END };
static const struct command_option reminder_set_options[] = { FILE_OPTION, FLAG("dry-run", 0, "only look", "仅查看"), COMMENT, END };
static const struct command_option reminder_use_options[] = {
    TEXT("edition", 0, "CODE", "whoever has this edition", "该版本的所有订阅"), TEXT("subscription", 0, "ID", "a subscription", "订阅编号"), FLAG("dry-run", 0, "only look", "仅查看"), COMMENT, END,
};
static const struct command_option edition_end_options[] = { UNTIL, COMMENT, END };
static const struct command_option clock_options[] = {
    TEXT("days", 0, "N", "go so many days forward, through each moment at which something is due", "前进天数，逐个到期时刻执行"), END,
};
static const struct command_option customer_options[] = {
    TEXT("kind", 'k', "KIND", "login, operation, run, …", "login、operation、run 等"), EMAIL, ZONE, END,
};
static const struct command_option customer_set_options[] = {
    CHOICE("locale", 0, "en|zh-CN", "the language of what is written to them", "通知所用语言"), END,
};
static const struct command_option contacts_options[] = { EMAIL, END };
static const struct command_option termination_notice_options[] = {
    TEXT("at", 0, "TIME", "when they were told, RFC 3339", "告知时间，RFC 3339"), TEXT("how", 0, "WORD", "post, phone, visit, …", "方式：post、phone、visit 等"),
    TEXT("to", 0, "WHO", "who was told", "被告知人"), TEXT("reference", 0, "TEXT", "where it can be looked up: a letter's number, a file note", "凭据编号：信函编号、记录编号等"),
    TEXT("evidence", 0, "SHA256", "digest of the document", "凭证的 SHA-256"), COMMENT, END,
};
static const struct command_option hold_options[] = {
    UNTIL, COMMENT, TEXT("kind", 0, "KIND", "courtesy (the default) or dispute", "courtesy（默认，宽限）或 dispute（争议）"), END,
};
#define AS_OF TEXT("as-of", 0, "TIME", "as if it were then, RFC 3339; of a report: a day", "假定的时间，RFC 3339；报表为日期")
static const struct command_option scan_options[] = {
    FLAG("dry-run", 0, "only look; this is what it does anyway", "仅预览（默认）"), AS_OF,
    TEXT("apply", 0, "DIGEST", "do exactly what the dry run with this digest showed", "执行该摘要对应的预览"),
    FLAG("release-brake", 0, "the list of shutdowns was looked at", "已核对停用清单"),
    FLAG("accept-gap", 0, "the gap since the last scan is real", "确认扫描中断属实"), END,
};
static const struct command_option explain_options[] = { AS_OF, END };

static const struct command_option report_make_options[] = {
    TEXT("from", 0, "DATE", "from this day on", "起始日期"), TEXT("to", 0, "DATE", "up to this day", "截止日期"), AS_OF,
    CHOICE("format", 0, "csv|json", "how; default csv", "格式，默认 csv"),
    { "output", 0, VALUE_FILE, "FILE", { "write it there", "写入该文件" } }, FORCE, ZONE, CURRENCY, END,
};
static const struct command_option period_close_options[] = {
    TEXT("accept", 0, "CHECK,…", "checks that may stay open", "接受的未完成检查项"), COMMENT, END,
};
#define COUNTRY TEXT("country", 0, "CODE", "whose days: CN, DE-BY, …", "国家或地区代码")
static const struct command_option calendar_show_options[] = { COUNTRY, END };
static const struct command_option calendar_import_options[] = { FLAG("dry-run", 0, "only look", "仅查看"), END };

#define ANY (-1)

const struct command command_table[] = {
    { "login", NULL, "", 0, 0, VALUE_NONE, { "log in and keep the session", "登录" }, login_options, true, command_login },
    { "register", NULL, "", 0, 0, VALUE_NONE, { "become a user", "注册" }, register_options, true, command_register },
    { "logout", NULL, "", 0, 0, VALUE_NONE, { "end the session", "退出登录" }, NULL, false, command_logout },
    { "whoami", NULL, "", 0, 0, VALUE_NONE, { "who am I, where, and what may I do", "查看当前身份和权限" }, NULL, false, command_whoami },
    { "notifications show", NULL, "", 0, 0, VALUE_NONE, { "how I am told of things", "查看通知设置" }, NULL, false, command_notifications_show },
    { "notifications set", NULL, "[CHANNEL[=ADDRESS]…]", 0, ANY, VALUE_NONE, { "on which channels, and when not", "设置通知渠道和免打扰" }, notice_options, false, command_notifications_set },
    { "notifications test", NULL, "", 0, 0, VALUE_NONE, { "send myself a test message", "给自己发送测试消息" }, NULL, false, command_notifications_test },
    { "notifications ls", NULL, "", 0, 0, VALUE_NONE, { "what I was told", "列出收到的通知" }, state_options, false, command_notifications_ls },
    { "list", NULL, "[WORDS]", 0, 1, VALUE_NONE, { "what I may run", "列出可运行的技能" }, list_options, false, command_list },
    { "run", NULL, "SKILL[/ACTION] [KEY=VALUE…]", 1, ANY, VALUE_SKILL, { "run a skill by hand", "运行技能" }, run_options, false, command_run },
    { "ask", NULL, "WORDS…", 1, ANY, VALUE_NONE, { "ask in your own words", "用自然语言提出请求" }, ask_options, false, command_ask },
    { "plan", NULL, "WORDS…|SKILL [KEY=VALUE…]", 1, ANY, VALUE_SKILL, { "what would happen; causes nothing", "仅查看计划，不执行" }, plan_options, false, command_plan },
    { "answer", NULL, "REQUEST [NAME=VALUE…]", 1, ANY, VALUE_NONE, { "answer the questions of a request", "回答请求的问题" }, answer_options, false, command_answer },
    { "confirmations ls", "approvals ls", "", 0, 0, VALUE_NONE, { "what waits for a decision", "列出待确认事项" }, confirmations_options, false, command_confirmations_ls },
    { "confirmations show", "approvals show", "REQUEST", 1, 1, VALUE_NONE, { "the plan to decide on", "查看待确认的计划" }, NULL, false, command_confirmations_show },
    { "confirmations confirm", "approvals confirm", "REQUEST", 1, 1, VALUE_NONE, { "confirm exactly the plan shown", "确认所展示的计划" }, confirm_options, false, command_confirmations_confirm },
    { "confirmations reject", "approvals reject", "REQUEST", 1, 1, VALUE_NONE, { "refuse it, with a reason", "拒绝并说明原因" }, comment_options, false, command_confirmations_reject },
    { "confirmations ask", "approvals ask", "REQUEST", 1, 1, VALUE_NONE, { "ask back; the clock rests until the answer", "提问（暂停计时）" }, comment_options, false, command_confirmations_ask },
    { "confirmations reply", "approvals reply", "REQUEST", 1, 1, VALUE_NONE, { "answer what was asked back", "答复提问" }, comment_options, false, command_confirmations_reply },
    { "confirmations extend", "approvals extend", "REQUEST", 1, 1, VALUE_NONE, { "more time for a decision, where the rule grants it", "延长确认期限" }, comment_options, false, command_confirmations_extend },
    { "confirmations rules", "approvals rules", "", 0, 0, VALUE_NONE, { "who has to confirm what", "查看确认规则" }, NULL, false, command_confirmations_rules },
    { "confirmations rules set", "approvals rules set", "FILE", 1, 1, VALUE_FILE, { "replace the rules by those of a JSON file; - is stdin", "用 JSON 文件替换确认规则" }, NULL, false, command_confirmations_rules_set },
    { "delegations ls", NULL, "", 0, 0, VALUE_NONE, { "who decides in whose place", "列出委托" }, NULL, false, command_delegations_ls },
    { "delegations add", NULL, "E-MAIL", 1, 1, VALUE_NONE, { "let somebody confirm in your place", "委托他人代为确认" }, delegate_options, false, command_delegations_add },
    { "delegations end", NULL, "DELEGATION", 1, 1, VALUE_NONE, { "end it", "终止委托" }, NULL, false, command_delegations_end },
    { "runs ls", NULL, "", 0, 0, VALUE_NONE, { "runs, newest first", "列出运行" }, things_options, false, command_runs_ls },
    { "runs show", NULL, "RUN", 1, 1, VALUE_NONE, { "one run", "查看运行" }, stay_options, false, command_runs_show },
    { "runs log", NULL, "RUN", 1, 1, VALUE_NONE, { "what the script printed", "查看日志" }, log_options, false, command_runs_log },
    { "runs cancel", NULL, "RUN", 1, 1, VALUE_NONE, { "cancel a run", "取消运行" }, NULL, false, command_runs_cancel },
    { "runs rerun", NULL, "RUN", 1, 1, VALUE_NONE, { "the same again, planned anew", "重新运行" }, rerun_options, false, command_runs_rerun },
    { "runs why", NULL, "RUN", 1, 1, VALUE_NONE, { "what holds it back", "查看阻碍原因" }, NULL, false, command_why_run },
    { "runs artifacts", NULL, "RUN", 1, 1, VALUE_NONE, { "files a run made", "列出结果文件" }, NULL, false, command_artifacts_ls },
    { "runs artifacts get", NULL, "RUN [NAME]", 1, 2, VALUE_NONE, { "fetch files a run made", "下载结果文件" }, out_options, false, command_artifacts_get },
    { "requests ls", NULL, "", 0, 0, VALUE_NONE, { "requests, newest first", "列出请求" }, things_options, false, command_requests_ls },
    { "requests show", NULL, "REQUEST", 1, 1, VALUE_NONE, { "one request", "查看请求" }, stay_options, false, command_requests_show },
    { "requests cancel", NULL, "REQUEST", 1, 1, VALUE_NONE, { "cancel a request and its run", "取消请求" }, NULL, false, command_requests_cancel },
    { "files ls", NULL, "", 0, 0, VALUE_NONE, { "uploaded files", "列出已上传文件" }, limit_options, false, command_files_ls },
    { "files put", NULL, "PATH…", 1, ANY, VALUE_FILE, { "upload files", "上传文件" }, NULL, false, command_files_put },
    { "files get", NULL, "FILE", 1, 1, VALUE_NONE, { "fetch an uploaded file", "下载已上传文件" }, out_options, false, command_files_get },
    { "skill show", NULL, "SKILL", 1, 1, VALUE_SKILL, { "one skill and its inputs", "查看技能及其输入" }, NULL, false, command_skill_show },
    { "skill init", NULL, "[DIR]", 0, 1, VALUE_FOLDER, { "write skill.json from what is there", "生成 skill.json" }, force_options, true, command_skill_init },
    { "skill check", NULL, "[DIR]", 0, 1, VALUE_FOLDER, { "what an upload would be refused for", "上传前检查" }, NULL, true, command_skill_check },
    { "skill push", NULL, "[DIR]", 0, 1, VALUE_FOLDER, { "pack, upload, wait for the findings", "打包上传并等待检查结果" }, push_options, false, command_skill_push },
    { "skill digest", NULL, "[DIR]", 0, 1, VALUE_FOLDER, { "what a push will be called: to be signed", "显示待签名的摘要" }, NULL, true, command_skill_digest },
    { "skill sign", NULL, "SKILL N FILE.minisig", 3, 3, VALUE_SKILL, { "bring a signature of a version", "提交版本签名" }, NULL, false, command_skill_sign },
    { "skill try", NULL, "DIR [KEY=VALUE…]", 1, ANY, VALUE_FOLDER, { "upload and run as a draft", "上传并试运行" }, try_options, false, command_skill_try },
    { "skill versions", NULL, "SKILL", 1, 1, VALUE_SKILL, { "every version", "列出版本" }, NULL, false, command_skill_versions },
    { "skill version", NULL, "SKILL [N]", 1, 2, VALUE_SKILL, { "one version: findings, files", "查看版本" }, diff_options, false, command_skill_version },
    { "skill diff", NULL, "SKILL [N]", 1, 2, VALUE_SKILL, { "what a version changes", "查看版本差异" }, diff_options, false, command_skill_diff },
    { "skill review", NULL, "SKILL [N]", 1, 2, VALUE_SKILL, { "approve or reject a version", "审核版本" }, review_options, false, command_skill_review },
    { "skill publish", NULL, "SKILL [N]", 1, 2, VALUE_SKILL, { "make it the version that runs", "发布版本" }, NULL, false, command_skill_publish },
    { "skill rollback", NULL, "SKILL N", 2, 2, VALUE_SKILL, { "go back to an earlier version", "回滚版本" }, comment_options, false, command_skill_rollback },
    { "skill yank", NULL, "SKILL N", 2, 2, VALUE_SKILL, { "withdraw a version", "撤回版本" }, comment_options, false, command_skill_yank },
    { "skill enable", NULL, "SKILL", 1, 1, VALUE_SKILL, { "switch it on", "启用" }, NULL, false, command_skill_enable },
    { "skill disable", NULL, "SKILL", 1, 1, VALUE_SKILL, { "switch it off", "停用" }, NULL, false, command_skill_disable },
    { "skill bindings", NULL, "SKILL", 1, 1, VALUE_SKILL, { "who may run it", "查看可运行的人员" }, NULL, false, command_skill_bindings },
    { "skill allow", NULL, "SKILL", 1, 1, VALUE_SKILL, { "let a role or a person run it", "允许角色或人员运行" }, allow_options, false, command_skill_allow },
    { "skill why", NULL, "SKILL", 1, 1, VALUE_SKILL, { "who may run it, who may not, why", "查看权限原因" }, user_options, false, command_why_skill },
    { "signing ls", NULL, "", 0, 0, VALUE_NONE, { "whose signatures are trusted", "列出受信任的签名密钥" }, NULL, false, command_signing_ls },
    { "signing trust", NULL, "NAME KEY|FILE", 2, 2, VALUE_FILE, { "trust a public key of minisign", "信任 minisign 公钥" }, NULL, false, command_signing_trust },
    { "signing forget", NULL, "NAME", 1, 1, VALUE_NONE, { "trust it no more", "取消信任" }, NULL, false, command_signing_forget },
    { "signing only", NULL, "on|off", 1, 1, VALUE_NONE, { "publish nothing else", "是否只发布已签名的版本" }, NULL, false, command_signing_only },
    { "unmet ls", NULL, "", 0, 0, VALUE_NONE, { "asked but not available, and corrected", "列出未满足和被纠正的请求" }, unmet_options, false, command_unmet_ls },
    { "unmet approve", NULL, "ID", 1, 1, VALUE_NONE, { "make the words an example of a skill", "将其作为技能示例" }, teach_options, false, command_unmet_approve },
    { "unmet reject", NULL, "ID", 1, 1, VALUE_NONE, { "learn nothing from it", "不作为示例" }, NULL, false, command_unmet_reject },
    { "schedule ls", NULL, "", 0, 0, VALUE_NONE, { "what runs by the clock", "列出计划" }, schedules_options, false, command_schedule_ls },
    { "schedule show", NULL, "SCHEDULE", 1, 1, VALUE_NONE, { "one schedule", "查看计划" }, NULL, false, command_schedule_show },
    { "schedule add", NULL, "RULE SKILL[/ACTION] [KEY=VALUE…]", 2, ANY, VALUE_NONE, { "let a skill run by the clock: \"0 9 * * 1-5\"", "创建计划，例如 \"0 9 * * 1-5\"" }, schedule_options, false, command_schedule_add },
    { "schedule preview", NULL, "SCHEDULE|RULE", 1, 1, VALUE_NONE, { "when it fires next; \"0 9 * * 1-5\" needs no server", "查看后续触发时间；规则可离线计算" }, preview_options, true, command_schedule_preview },
    { "schedule fire", NULL, "SCHEDULE", 1, 1, VALUE_NONE, { "fire it now, by hand", "立即触发" }, fire_options, false, command_schedule_fire },
    { "schedule pause", NULL, "SCHEDULE", 1, 1, VALUE_NONE, { "let it rest", "暂停" }, NULL, false, command_schedule_pause },
    { "schedule resume", NULL, "SCHEDULE", 1, 1, VALUE_NONE, { "let it run again, in your name", "以您的名义恢复" }, NULL, false, command_schedule_resume },
    { "schedule rm", NULL, "SCHEDULE", 1, 1, VALUE_NONE, { "delete it with its history", "删除计划及其历史" }, NULL, false, command_schedule_rm },
    { "schedule firings", NULL, "SCHEDULE", 1, 1, VALUE_NONE, { "what became of its slots, and why", "查看各时点的结果和原因" }, firings_options, false, command_schedule_firings },
    { "schedule import", NULL, "FILE", 1, 1, VALUE_FILE, { "make schedules of a crontab; - is stdin", "由 crontab 创建计划；- 为标准输入" }, import_options, false, command_schedule_import },
    { "why", NULL, "RUN|REQUEST|SKILL", 1, 1, VALUE_SKILL, { "why it does not run", "查看无法运行的原因" }, user_options, false, command_why },
    { "why run", NULL, "RUN", 1, 1, VALUE_NONE, { "what holds a run back", "查看运行的阻碍" }, NULL, false, command_why_run },
    { "why skill", NULL, "SKILL", 1, 1, VALUE_SKILL, { "who may run it, who may not, why", "查看权限原因" }, user_options, false, command_why_skill },
    { "audit ls", NULL, "", 0, 0, VALUE_NONE, { "who did what", "查看审计记录" }, audit_options, false, command_audit_ls },
    { "audit export", NULL, "", 0, 0, VALUE_NONE, { "all of it, one JSON a line", "导出审计记录（JSONL）" }, export_options, false, command_audit_export },
    { "export", NULL, "FOLDER", 1, 1, VALUE_FOLDER, { "owner: a whole copy of the tenant; goes on where it broke off", "所有者：导出租户全部数据，可断点续传" }, NULL, false, command_export },
    { "members ls", NULL, "", 0, 0, VALUE_NONE, { "the people of the tenant", "列出成员" }, NULL, false, command_members_ls },
    { "members invite", NULL, "E-MAIL", 1, 1, VALUE_NONE, { "invite somebody; prints a link", "邀请成员并输出链接" }, invite_options, false, command_members_invite },
    { "members role", NULL, "E-MAIL ROLE", 2, 2, VALUE_NONE, { "change a role", "修改角色" }, NULL, false, command_members_role },
    { "members remove", NULL, "E-MAIL", 1, 1, VALUE_NONE, { "remove somebody", "移除成员" }, NULL, false, command_members_remove },
    { "members invitation", NULL, "E-MAIL", 1, 1, VALUE_NONE, { "a new invitation link", "重新生成邀请链接" }, NULL, false, command_members_link },
    { "members reset-link", NULL, "E-MAIL", 1, 1, VALUE_NONE, { "a link to set a new password", "生成密码重置链接" }, NULL, false, command_members_reset },
    { "tokens ls", NULL, "", 0, 0, VALUE_NONE, { "sessions and api tokens", "列出会话和令牌" }, NULL, false, command_tokens_ls },
    { "tokens create", NULL, "NAME", 1, 1, VALUE_NONE, { "make an api token; prints it once", "创建 API 令牌" }, token_options, false, command_tokens_create },
    { "tokens revoke", NULL, "ID", 1, 1, VALUE_NONE, { "revoke one", "撤销令牌" }, NULL, false, command_tokens_revoke },
    { "password change", NULL, "", 0, 0, VALUE_NONE, { "change one's password", "修改密码" }, secret_options, false, command_password_change },
    { "password reset", NULL, "", 0, 0, VALUE_NONE, { "set a new one with a reset link", "用重置链接设置密码" }, secret_options, true, command_password_reset },
    { "invitation accept", NULL, "", 0, 0, VALUE_NONE, { "join a tenant that invited you", "接受邀请" }, secret_options, false, command_invitation_accept },
    { "billing show", NULL, "", 0, 0, VALUE_NONE, { "what my tenant has paid until when", "查看本租户的订阅" }, NULL, false, command_billing_show },
    { "billing offers", NULL, "", 0, 0, VALUE_NONE, { "what can be ordered", "列出可订购的版本" }, NULL, false, command_billing_offers },
    { "billing orders", NULL, "", 0, 0, VALUE_NONE, { "my tenant's orders", "列出本租户的订单" }, NULL, false, command_billing_orders },
    { "billing invoices", NULL, "", 0, 0, VALUE_NONE, { "my tenant's invoices and credit notes", "列出本租户的账单" }, NULL, false, command_billing_invoices },
    { "billing order", NULL, "EDITION", 1, 1, VALUE_NONE, { "order a renewal, slots for skills, or a team beside a personal account", "订购续费、技能槽位，或在个人账号之外开通团队" }, billing_options, false, command_billing_order },
    { "billing pay", NULL, "ORDER", 1, 1, VALUE_NONE, { "what to pay for an order, by when and how", "查看订单的应付金额、期限和付款方式" }, NULL, false, command_billing_pay },
    { "billing report", NULL, "ORDER", 1, 1, VALUE_NONE, { "say that it is paid", "登记已付款" }, report_options, false, command_billing_report },
    { "billing cancel", NULL, "ORDER", 1, 1, VALUE_NONE, { "give up an order that is not paid", "取消未付款订单" }, NULL, false, command_billing_cancel },
    { "billing end", NULL, "", 0, 0, VALUE_NONE, { "my tenant does not go on after its paid period", "到期后不再续费" }, NULL, false, command_billing_end },
    { "billing continue", NULL, "", 0, 0, VALUE_NONE, { "it goes on after all", "恢复续费" }, NULL, false, command_billing_continue },
    { "worker ls", NULL, "", 0, 0, VALUE_NONE, { "platform: who works", "平台：列出工作进程" }, NULL, false, command_worker_ls },
    { "worker drain", NULL, "WORKER", 1, 1, VALUE_NONE, { "platform: let one finish and end", "平台：让工作进程完成后退出" }, NULL, false, command_worker_drain },
    { "queue ls", NULL, "", 0, 0, VALUE_NONE, { "platform: what waits, and whose", "平台：查看等待的任务" }, tenant_options, false, command_queue_ls },
    { "queue top", NULL, "", 0, 0, VALUE_NONE, { "platform: the same, kept up to date", "平台：持续刷新的等待列表" }, tenant_options, false, command_queue_top },
    { "job show", NULL, "JOB", 1, 1, VALUE_NONE, { "where a job stands and how it came there", "查看任务的状态和经过" }, tenant_options, false, command_job_show },
    { "dead-letter ls", NULL, "", 0, 0, VALUE_NONE, { "platform: jobs that were given up", "平台：列出死信" }, letters_options, false, command_dead_letter_ls },
    { "dead-letter show", NULL, "JOB", 1, 1, VALUE_NONE, { "platform: one of them", "平台：查看死信" }, tenant_options, false, command_dead_letter_show },
    { "dead-letter redrive", NULL, "[JOB]", 0, 1, VALUE_NONE, { "platform: do one, or a tenant's, again", "平台：重新执行死信" }, redrive_options, false, command_dead_letter_redrive },
    { "dead-letter discard", NULL, "JOB", 1, 1, VALUE_NONE, { "platform: put one away, saying why", "平台：归档死信并说明原因" }, letter_options, false, command_dead_letter_discard },
    { "tenant ls", NULL, "", 0, 0, VALUE_NONE, { "platform: tenants", "平台：列出租户" }, state_options, false, command_tenant_ls },
    { "tenant show", NULL, "TENANT", 1, 1, VALUE_NONE, { "platform: what its end waits for, or how far it is", "平台：查看租户终止进度" }, NULL, false, command_tenant_show },
    { "tenant drop", NULL, "TENANT", 1, 1, VALUE_NONE, { "platform: remove a terminated tenant's data; somebody else approves", "平台：删除已终止租户的数据（须他人审批）" }, comment_options, false, command_tenant_drop },
    { "limits ls", NULL, "[WORDS]", 0, 1, VALUE_NONE, { "platform: what tenants may at once", "平台：查看各租户上限" }, NULL, false, command_limits_ls },
    { "limits set", NULL, "TENANT", 1, 1, VALUE_NONE, { "platform: weight, runs at once, rate", "平台：设置权重、并发和速率" }, limits_options, false, command_limits_set },
    { "limits pause", NULL, "TENANT", 1, 1, VALUE_NONE, { "platform: accept, but start nothing", "平台：暂停执行" }, pause_options, false, command_limits_pause },
    { "limits resume", NULL, "TENANT", 1, 1, VALUE_NONE, { "platform: end a pause", "平台：恢复执行" }, pause_options, false, command_limits_resume },
    { "credential ls", NULL, "", 0, 0, VALUE_NONE, { "credentials of HTTP resources (platform)", "列出 HTTP 资源凭据（平台）" }, NULL, false, command_credential_ls },
    { "credential create", NULL, "NAME", 1, 1, VALUE_NONE, { "keep a secret; it is never shown again", "保存凭据，之后不再显示" }, credential_options, false, command_credential_create },
    { "credential rotate", NULL, "NAME", 1, 1, VALUE_NONE, { "give it a new value", "更换凭据的值" }, credential_value_options, false, command_credential_rotate },
    { "credential delete", NULL, "NAME", 1, 1, VALUE_NONE, { "forget it", "删除凭据" }, NULL, false, command_credential_delete },
    { "credential keys", NULL, "", 0, 0, VALUE_NONE, { "the master keys of execgov-egress", "列出 execgov-egress 的主密钥" }, NULL, false, command_credential_keys },
    { "credential rotate-key", NULL, "", 0, 0, VALUE_NONE, { "move every credential to the newest key", "将所有凭据改用最新主密钥" }, rotate_key_options, false, command_credential_rotate_key },
    { "resource ls", NULL, "", 0, 0, VALUE_NONE, { "HTTP resources and what may be called", "列出 HTTP 资源及可用操作" }, NULL, false, command_resource_ls },
    { "resource put", NULL, "NAME FILE", 2, 2, VALUE_NONE, { "define one from a JSON file (platform)", "按 JSON 文件定义资源（平台）" }, resource_options, false, command_resource_put },
    { "resource grant", NULL, "NAME", 1, 1, VALUE_NONE, { "let a tenant call it (platform)", "授权租户调用（平台）" }, grant_options, false, command_resource_grant },
    { "resource dry-run", NULL, "NAME.OPERATION [KEY=VALUE…]", 1, ANY, VALUE_NONE, { "what would be sent; sends nothing (platform)", "查看将发送的请求，不发送（平台）" }, dry_options, false, command_resource_dry_run },
    { "resource probe", NULL, "NAME", 1, 1, VALUE_NONE, { "call its probe once: does it answer (platform)", "调用一次探测操作，查看是否应答（平台）" }, NULL, false, command_resource_probe },
    { "resource import", NULL, "OPENAPI", 1, 1, VALUE_FILE, { "draft a definition of a JSON or YAML document: reads on, writes off", "由 OpenAPI 文档（JSON 或 YAML）生成草稿" }, NULL, true, command_resource_import },
    { "network ls", NULL, "", 0, 0, VALUE_NONE, { "internal networks that may be called (platform)", "列出已开放的内部网段（平台）" }, NULL, false, command_network_ls },
    { "network open", NULL, "PURPOSE CIDR", 2, 2, VALUE_NONE, { "open one for resource, callback, … (platform)", "为用途开放内部网段（平台）" }, comment_options, false, command_network_open },
    { "channel ls", NULL, "", 0, 0, VALUE_NONE, { "the ways out for messages (platform)", "列出消息渠道（平台）" }, NULL, false, command_channel_ls },
    { "channel set", NULL, "NAME KIND [NAME=VALUE…]", 2, ANY, VALUE_NONE, { "set one up: smtp, webhook, wecom, feishu, dingtalk, sms (platform)", "设置消息渠道：smtp、webhook、wecom、feishu、dingtalk、sms（平台）" }, channel_options, false, command_channel_set },
    { "channel delete", NULL, "NAME", 1, 1, VALUE_NONE, { "take one out (platform)", "删除消息渠道（平台）" }, NULL, false, command_channel_delete },
    { "channel test", NULL, "NAME ADDRESS", 2, 2, VALUE_NONE, { "send a test message (platform)", "发送测试消息（平台）" }, NULL, false, command_channel_test },
    { "deliveries ls", NULL, "", 0, 0, VALUE_NONE, { "messages and what became of them (platform)", "列出消息及其结果（平台）" }, state_options, false, command_deliveries_ls },
    { "deliveries show", NULL, "DELIVERY", 1, 1, VALUE_NONE, { "one message, every attempt (platform)", "查看消息的每次发送（平台）" }, NULL, false, command_deliveries_show },
    { "deliveries again", NULL, "DELIVERY", 1, 1, VALUE_NONE, { "send one that was given up again (platform)", "重新发送已放弃的消息（平台）" }, NULL, false, command_deliveries_again },
    { "people ls", NULL, "[WORDS]", 0, 1, VALUE_NONE, { "everybody, and the platform's roles (platform)", "列出人员及平台角色（平台）" }, NULL, false, command_people_ls },
    { "people role", NULL, "E-MAIL ROLE", 2, 2, VALUE_NONE, { "give platform_finance, platform_admin or platform_auditor (platform)", "授予平台角色（平台）" }, NULL, false, command_people_role },
    { "people unrole", NULL, "E-MAIL ROLE", 2, 2, VALUE_NONE, { "take one away (platform)", "收回平台角色（平台）" }, NULL, false, command_people_unrole },
    { "order ls", NULL, "", 0, 0, VALUE_NONE, { "orders, newest first (finance)", "列出订单（财务）" }, order_list_options, false, command_order_ls },
    { "order show", NULL, "ORDER", 1, 1, VALUE_NONE, { "one order", "查看订单" }, NULL, false, command_order_show },
    { "order create", NULL, "EDITION", 1, 1, VALUE_NONE, { "an order for a customer", "为客户下单" }, order_create_options, false, command_order_create },
    { "order publish", NULL, "ORDER", 1, 1, VALUE_NONE, { "ask the customer to pay a draft", "发布订单草稿" }, NULL, false, command_order_publish },
    { "order activate", NULL, "ORDER", 1, 1, VALUE_NONE, { "try again to make what a paid order is for", "重新开通已付款订单" }, NULL, false, command_order_activate },
    { "order report", NULL, "ORDER", 1, 1, VALUE_NONE, { "somebody says it is paid", "登记客户已付款" }, report_options, false, command_order_report },
    { "order confirm", NULL, "ORDER AMOUNT", 2, 2, VALUE_NONE, { "the money has arrived", "确认到账" }, confirm_payment_options, false, command_order_confirm },
    { "order cancel", NULL, "ORDER", 1, 1, VALUE_NONE, { "give up an order nobody paid", "取消未付款订单" }, comment_options, false, command_order_cancel },
    { "order refund", NULL, "ORDER AMOUNT", 2, 2, VALUE_NONE, { "give money back; somebody else approves", "退款（须他人审批）" }, refund_options, false, command_order_refund },
    { "order rules", NULL, "", 0, 0, VALUE_NONE, { "how many eyes money needs", "查看资金审批规则" }, NULL, false, command_order_rules },
    { "order rule", NULL, "NAME KEY [VALUE]", 2, 3, VALUE_NONE, { "set one of them, or take it away; somebody else approves", "设置或取消规则（须他人审批）" }, comment_options, false, command_order_rule },
    { "order approvals", NULL, "", 0, 0, VALUE_NONE, { "acts over money that wait for somebody else", "列出待审批的资金操作" }, state_options, false, command_order_approvals },
    { "order approve", NULL, "APPROVAL", 1, 1, VALUE_NONE, { "approve one, and carry it out", "审批通过并执行" }, comment_options, false, command_order_approve },
    { "order reject", NULL, "APPROVAL", 1, 1, VALUE_NONE, { "refuse one", "审批驳回" }, comment_options, false, command_order_reject },
    { "order emergency", NULL, "APPROVAL", 1, 1, VALUE_NONE, { "approve one alone when nobody can be reached; everybody is told", "紧急情况下独自批准（会通知所有审批人）" }, comment_options, false, command_order_emergency },
    { "order review", NULL, "APPROVAL", 1, 1, VALUE_NONE, { "say what you found of one that was approved alone", "复核独自批准的操作" }, comment_options, false, command_order_review },
    { "payment ls", NULL, "", 0, 0, VALUE_NONE, { "payments; --state unapplied: what waits", "列出付款；--state unapplied 为待处理" }, state_options, false, command_payment_ls },
    { "payment apply", NULL, "ORDER PAYMENT…", 2, ANY, VALUE_NONE, { "settle an order with payments that waited", "用待处理付款结清订单" }, NULL, false, command_payment_apply },
    { "payment return", NULL, "PAYMENT", 1, 1, VALUE_NONE, { "give back what settled nothing; somebody else approves", "退回未入账款项（须他人审批）" }, return_options, false, command_payment_return },
    { "payment events", NULL, "", 0, 0, VALUE_NONE, { "what providers told, and what it did", "支付渠道通知及其结果" }, state_options, false, command_payment_events },
    { "payment provider ls", NULL, "", 0, 0, VALUE_NONE, { "who may tell us of payments", "列出支付渠道" }, NULL, false, command_payment_providers },
    { "payment provider set", NULL, "CODE KIND", 2, 2, VALUE_NONE, { "name one: stripe, standard, wechatpay, alipay", "设置支付渠道：stripe、standard、wechatpay、alipay" }, provider_options, false, command_payment_provider },
    { "payment statement", NULL, "FORMAT FILE", 2, 2, VALUE_NONE, { "a bank's CSV: what it would do, then --apply DIGEST", "导入银行流水：先预览，再 --apply 摘要" }, statement_options, false, command_payment_statement },
    { "payment reconcile", NULL, "PROVIDER FORMAT FILE", 3, 3, VALUE_NONE, { "a provider's settlement file; differences are tasks", "与渠道对账文件核对，差异生成任务" }, reconcile_options, false, command_payment_reconcile },
    { "payment format ls", NULL, "", 0, 0, VALUE_NONE, { "how files of banks are read", "列出文件格式" }, NULL, false, command_payment_formats },
    { "payment format set", NULL, "CODE MAPPING.json", 2, 2, VALUE_NONE, { "say which column is what", "设置文件列映射" }, format_options, false, command_payment_format },
    { "invoice ls", NULL, "", 0, 0, VALUE_NONE, { "invoices and credit notes", "列出账单与红字账单" }, invoice_options, false, command_invoice_ls },
    { "invoice show", NULL, "INVOICE", 1, 1, VALUE_NONE, { "one, by its number or id", "查看账单（编号或 ID）" }, NULL, false, command_invoice_show },
    { "invoice fapiao", NULL, "INVOICE none|requested|issued|red_lettered", 2, 2, VALUE_NONE, { "what became of the tax office's invoice for it", "登记发票状态、号码与日期" }, fapiao_options, false, command_invoice_fapiao },
    { "invoice import", NULL, "FILE", 1, 1, VALUE_NONE, { "a CSV of fapiao numbers: what it would do, then --apply DIGEST", "批量登记发票号码：先预览，再 --apply 摘要" }, statement_options, false, command_invoice_import },
    { "invoice sellers", NULL, "", 0, 0, VALUE_NONE, { "entities that invoices are of", "列出开具主体" }, NULL, false, command_invoice_sellers },
    { "invoice seller", NULL, "CODE", 1, 1, VALUE_NONE, { "name one, or let it sell from now on", "设置开具主体" }, seller_options, false, command_invoice_seller },
    { "invoice account", NULL, "CODE", 1, 1, VALUE_NONE, { "say how one is paid; somebody else approves", "设置收款方式（须他人审批）" }, account_options, false, command_invoice_account },
    { "task ls", NULL, "", 0, 0, VALUE_NONE, { "what a person of finance has to decide", "列出财务待办" }, NULL, false, command_task_ls },
    { "task done", NULL, "TASK OUTCOME", 2, 2, VALUE_NONE, { "it was seen to, and how it ended", "完成待办并说明结果" }, NULL, false, command_task_done },
    { "edition ls", NULL, "", 0, 0, VALUE_NONE, { "the catalogue, every version", "列出版本目录" }, edition_ls_options, false, command_edition_ls },
    { "edition show", NULL, "EDITION", 1, 1, VALUE_NONE, { "one edition, its versions, and who has them", "查看版本及其全部版次" }, NULL, false, command_edition_show },
    { "edition create", NULL, "FILE", 1, 1, VALUE_FILE, { "offer something new: its terms in YAML or JSON", "新建版本（条款为 YAML 或 JSON）" }, NULL, false, command_edition_create },
    { "edition version", NULL, "EDITION [FILE]", 1, 2, VALUE_FILE, { "a new version: the terms of the newest, but for --price or what FILE says", "发布新版次：沿用最新条款，仅改价格或文件所列" }, edition_version_options, false, command_edition_version },
    { "edition end-sale", NULL, "EDITION [VER]", 1, 2, VALUE_NONE, { "nobody orders it any more; running subscriptions and open orders keep it", "停售；现有订阅和未付订单不受影响" }, edition_end_options, false, command_edition_end_sale },
    { "reminder-policy ls", NULL, "", 0, 0, VALUE_NONE, { "when customers are reminded: every policy, and whose it is", "列出提醒策略" }, NULL, false, command_reminder_policy_ls },
    { "reminder-policy show", NULL, "POLICY", 1, 1, VALUE_NONE, { "one policy as it is", "查看提醒策略" }, NULL, false, command_reminder_policy_show },
    { "reminder-policy history", NULL, "POLICY", 1, 1, VALUE_NONE, { "its versions, who made each, and why", "查看提醒策略的历史版次" }, NULL, false, command_reminder_policy_history },
    { "reminder-policy set", NULL, "POLICY", 1, 1, VALUE_NONE, { "a new version from --file; --dry-run says what it changes", "由 --file 发布新版次；--dry-run 预览变化" }, reminder_set_options, false, command_reminder_policy_set },
    { "reminder-policy use", NULL, "POLICY|-", 1, 1, VALUE_NONE, { "let an edition or a subscription have it; -: none of its own", "为版本或订阅指定策略；- 为取消" }, reminder_use_options, false, command_reminder_policy_use },
    { "customer ls", NULL, "[WORDS]", 0, 1, VALUE_NONE, { "customers", "列出客户" }, NULL, false, command_customer_ls },
    { "customer show", NULL, "CUSTOMER", 1, 1, VALUE_NONE, { "one customer and everything that happened", "查看客户及其全部经过" }, limit_options, false, command_customer_show },
    { "customer create", NULL, "NAME", 1, 1, VALUE_NONE, { "somebody to bill", "新建客户" }, customer_options, false, command_customer_create },
    { "customer set", NULL, "CUSTOMER", 1, 1, VALUE_NONE, { "another language of what is written to them", "更换通知所用语言" }, customer_set_options, false, command_customer_set },
    { "customer contacts", NULL, "CUSTOMER", 1, 1, VALUE_NONE, { "whom bills and notices reach, instead of before", "设置账单与通知的收件邮箱" }, contacts_options, false, command_customer_contacts },
    { "subscription ls", NULL, "", 0, 0, VALUE_NONE, { "what is paid until when", "列出订阅" }, state_options, false, command_subscription_ls },
    { "subscription show", NULL, "SUBSCRIPTION", 1, 1, VALUE_NONE, { "one subscription", "查看订阅" }, NULL, false, command_subscription_show },
    { "subscription hold", NULL, "SUBSCRIPTION", 1, 1, VALUE_NONE, { "keep its shutdown off for a while", "暂缓停用" }, hold_options, false, command_subscription_hold },
    { "subscription release", NULL, "SUBSCRIPTION HOLD", 2, 2, VALUE_NONE, { "take a hold back (subscription show lists them)", "解除暂缓（见 subscription show）" }, NULL, false, command_subscription_release },
    { "subscription cancel", NULL, "SUBSCRIPTION", 1, 1, VALUE_NONE, { "it ends with its paid period", "到期后不再续费" }, NULL, false, command_subscription_cancel },
    { "subscription continue", NULL, "SUBSCRIPTION", 1, 1, VALUE_NONE, { "it goes on after all", "恢复续费" }, NULL, false, command_subscription_continue },
    { "subscription retry", NULL, "SUBSCRIPTION", 1, 1, VALUE_NONE, { "scans look again at one that was set aside", "重新处理被搁置的订阅" }, NULL, false, command_subscription_retry },
    { "subscription edition", NULL, "SUBSCRIPTION EDITION", 2, 2, VALUE_NONE, { "the next period is of another edition", "下一周期更换版本" }, NULL, false, command_subscription_edition },
    { "subscription timezone", NULL, "SUBSCRIPTION ZONE", 2, 2, VALUE_NONE, { "count its days in another zone", "更换计日时区" }, NULL, false, command_subscription_timezone },
    { "subscription override", NULL, "SUBSCRIPTION", 1, 1, VALUE_NONE, { "let a shut-down one go on unpaid for a while; somebody else approves", "未付款临时恢复（须他人审批）" }, hold_options, false, command_subscription_override },
    { "subscription notice", NULL, "SUBSCRIPTION", 1, 1, VALUE_NONE, { "its people were told another way that its data will go; somebody else approves", "登记已另行告知数据即将删除（须他人审批）" }, termination_notice_options, false, command_subscription_notice },
    { "subscription terminate", NULL, "SUBSCRIPTION", 1, 1, VALUE_NONE, { "end it for good, after retention and notice; somebody else approves", "保留期满后终止（须他人审批）" }, comment_options, false, command_subscription_terminate },
    { "lifecycle scan", NULL, "", 0, 0, VALUE_NONE, { "what a scan would do; --apply does it", "预览到期扫描；--apply 执行" }, scan_options, false, command_lifecycle_scan },
    { "lifecycle explain", NULL, "SUBSCRIPTION", 1, 1, VALUE_NONE, { "every rule that is looked at", "解释每条规则" }, explain_options, false, command_lifecycle_explain },
    { "lifecycle check", NULL, "", 0, 0, VALUE_NONE, { "does everything hold that must", "检查不变量" }, NULL, false, command_lifecycle_check },
    { "lifecycle clock", NULL, "", 0, 0, VALUE_NONE, { "the clock of scans; test databases may move it", "扫描时钟；测试库可前进" }, clock_options, false, command_lifecycle_clock },
    { "lifecycle simulate", NULL, "--pg CONNINFO …", 0, ANY, VALUE_NONE, { "a customer's year on a throw-away database", "在临时数据库上演示客户的一年" }, NULL, true, NULL, simulate_tool_main },
    { "report ls", NULL, "", 0, 0, VALUE_NONE, { "which reports there are", "列出报表" }, NULL, false, command_report_ls },
    { "report", NULL, "NAME", 1, 1, VALUE_NONE, { "make one: orders, payments, ageing, deferred-revenue, …", "生成报表：orders、payments、ageing、deferred-revenue 等" }, report_make_options, false, command_report },
    { "period ls", NULL, "", 0, 0, VALUE_NONE, { "months of the ledger", "列出账期" }, NULL, false, command_period_ls },
    { "period check", NULL, "YYYY-MM", 1, 1, VALUE_NONE, { "what speaks against closing a month", "检查账期能否结账" }, NULL, false, command_period_check },
    { "period close", NULL, "YYYY-MM", 1, 1, VALUE_NONE, { "close a month: nothing is dated in it any more", "结账：该月不再入账" }, period_close_options, false, command_period_close },
    { "period reopen", NULL, "YYYY-MM", 1, 1, VALUE_NONE, { "open the last closed month again; somebody else approves", "反结账（须他人审批）" }, comment_options, false, command_period_reopen },
    { "calendar show", NULL, "YEAR", 1, 1, VALUE_NONE, { "workdays of a year, and their source", "查看年度工作日表及来源" }, calendar_show_options, false, command_calendar_show },
    { "calendar import", NULL, "FILE", 1, 1, VALUE_FILE, { "holidays and make-up workdays of a year", "导入年度节假日与调休" }, calendar_import_options, false, command_calendar_import },
    { "migrate", NULL, "up|status|verify …", 0, ANY, VALUE_NONE, { "the database, before the server (see migrate --help)", "初始化和升级数据库（见 migrate --help）" }, NULL, true, NULL, migrate_main },
    { "runtime ls", NULL, "", 0, 0, VALUE_NONE, { "module sets of this machine", "列出本机的运行环境" }, sandbox_options, true, command_runtime_ls },
    { "runtime install", NULL, "base|data", 1, 1, VALUE_NONE, { "install one, as root", "安装运行环境（需 root）" }, sandbox_options, true, command_runtime_install },
    { "intent", NULL, "eval|fill|match …", 0, ANY, VALUE_NONE, { "try the recogniser on files (see intent --help)", "在文件上试验意图识别（见 intent --help）" }, NULL, true, NULL, intent_tool_main },
    { "restore", NULL, "check …", 0, ANY, VALUE_NONE, { "after a restore: what may have happened since (see restore --help)", "恢复后检查结果未知的运行（见 restore --help）" }, NULL, true, NULL, restore_main },
    { "doctor", NULL, "", 0, 0, VALUE_NONE, { "is everything there that is needed", "检查运行环境" }, sandbox_options, true, command_doctor },
    { "version", NULL, "", 0, 0, VALUE_NONE, { "versions of program and server", "查看版本" }, version_options, true, command_version },
    { "completion", NULL, "bash|zsh", 1, 1, VALUE_NONE, { "script for the shell's completion", "生成 shell 补全脚本" }, NULL, true, command_completion },
    { NULL },
};
