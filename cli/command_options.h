/* command_options.h - the options of single commands, one list each, in the order of the commands. For command_table.c
 * alone: every list is static, and the table is what uses it. Options that several commands have are command_option.h's. */
#ifndef CLI_COMMAND_OPTIONS_H
#define CLI_COMMAND_OPTIONS_H

#include "cli/command.h"
#include "cli/command_option.h"

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
static const struct command_option pull_options[] = {
    OUT, FLAG("archive", 0, "the archive as it was uploaded", "保存上传时的压缩包"), END,
};
static const struct command_option copy_options[] = {
    TEXT("to", 0, "TENANT", "the tenant, or the profile that is logged in there", "目标租户，或在该租户登录的配置"),
    FLAG("all", 0, "every one that you may read", "所有可读取的技能"),
    FLAG("update", 0, "as a new version also where another of this name is there", "同名技能内容不同时作为其新版本"),
    FLAG("dry-run", 0, "only say what would be done", "仅说明将做什么"), END,
};
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
    TEXT("title", 0, "TEXT", "its name as it stands on invoices", "账单上的名称"), TEXT("tax-no", 0, "TEXT", "its tax number", "税号"),
    FLAG("sells", 0, "it sells from now on, instead of the one that did", "自现在起由其开具"), END,
};
static const struct command_option account_options[] = {
    TEXT("title", 0, "TEXT", "the payee", "收款方名称"), TEXT("tax-no", 0, "TEXT", "its tax number", "税号"),
    TEXT("pay-to", 0, "TEXT", "how it is paid, as customers read it beside their orders", "付款方式，供客户在订单旁查看"), COMMENT, END,
};
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
    TEXT("kind", 'k', "KIND", "company (the default) or person", "company（默认，公司）或 person（个人）"), EMAIL, ZONE,
    FLAG("same-name", 0, "another one, of a name that a customer has already", "另一家与现有客户同名的客户"), END,
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

#endif
