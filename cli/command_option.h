/* command_option.h - how rows of options are written, and the options that several commands have, said once. For command_table.c. */
#ifndef CLI_COMMAND_OPTION_H
#define CLI_COMMAND_OPTION_H

#define FLAG(name, letter, en, zh) { name, letter, VALUE_NONE, NULL, { en, zh } }
#define TEXT(name, letter, value, en, zh) { name, letter, VALUE_TEXT, value, { en, zh } }
#define CHOICE(name, letter, value, en, zh) { name, letter, VALUE_CHOICE, value, { en, zh } }
#define END { NULL, 0, VALUE_NONE, NULL, { NULL, NULL } }

#define FOLLOW FLAG("follow", 'f', "show log and progress until it has ended", "持续显示日志和进度直到结束")
#define WAIT FLAG("wait", 'w', "wait until it has ended or needs a person", "等待结束或需要人工处理")
#define OUT { "out", 'o', VALUE_FOLDER, "DIR", { "put files there", "文件保存到该目录" } }
#define FORCE FLAG("force", 0, "replace files that are there", "覆盖已有文件")
#define FILE_OPTION                                                                                \
    { "file", 0, VALUE_FILE, "[KEY=]PATH", { "upload a file and use it as input", "上传文件作为输入" } }
#define INPUT { "input", 'i', VALUE_FILE, "FILE", { "JSON object to begin with; - is stdin", "输入 JSON 对象；- 为标准输入" } }
#define ACTION TEXT("action", 'a', "NAME", "which action", "指定动作")
#define KEY TEXT("idempotency-key", 0, "KEY", "the same key never does it twice", "相同的键不会重复执行")
#define ZONE TEXT("timezone", 0, "ZONE", "IANA zone that dates mean", "日期所用时区")
#define COMMENT TEXT("comment", 'm', "TEXT", "why", "说明")
#define LIMIT TEXT("limit", 'n', "N", "how many", "数量")
#define SINCE TEXT("since", 0, "TIME", "at or after, RFC 3339", "起始时间")
#define UNTIL TEXT("until", 0, "TIME", "before, RFC 3339", "截止时间")
#define STDIN_SECRET FLAG("password-stdin", 0, "read the password from stdin", "从标准输入读取密码")
#define EMAIL TEXT("email", 'e', "E-MAIL", "who", "邮箱")
#define ROLES "owner|admin|operator|approver|finance|auditor|viewer"
#define ROLE CHOICE("role", 0, ROLES, "a role of the tenant", "租户角色")
#define USER TEXT("user", 'u', "E-MAIL", "a person, by e-mail or id", "人员邮箱或编号")

#endif
