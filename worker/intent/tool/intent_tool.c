/* intent_tool.c - which of the tools was asked for. */
#include "worker/intent/tool/intent_tool.h"

#include <stdio.h>
#include <string.h>

#include "worker/intent/tool/tool_parts.h"

static const char usage[] =
    "usage: execgov intent eval --train T.jsonl --test E.jsonl [--oos-threshold cv|FILE] [--json]\n"
    "       execgov intent eval FILE.jsonl [--oos-threshold cv|FILE] [--json]\n"
    "       execgov intent fill --schema S.json \"text\" [--now TIME] [--timezone ZONE]\n"
    "                           [--language en|zh] [--file NAME]... [--json]\n"
    "       execgov intent match --skills S.json \"text\"\n"
    "\n"
    "eval  learns from T ({\"text\", \"intent\"} a line) and reports how E is recognised;\n"
    "      of one FILE each fifth by what the other four teach\n"
    "fill  shows which values the rules find in a text, where, and by which rule\n"
    "match learns the skills of S ([{name, description, parameters, examples}]) and decides\n";

int tool_usage(const char *what)
{
    if (what)
        fprintf(stderr, "execgov intent: %s\n", what);
    fputs(usage, stderr);
    return 2;
}

int intent_main(int argc, char **argv)
{
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc >= 2 && strcmp(argv[1], "eval") == 0)
        return tool_eval(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "fill") == 0)
        return tool_fill(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "match") == 0)
        return tool_match(argc - 1, argv + 1);
    return tool_usage(argc < 2 ? NULL : "unknown tool");
}
