/* intent_tool.h - `execgov intent eval|fill|match`: what the recogniser and the rules do with a file.
 *
 *     eval FILE.jsonl [--json]
 *     eval --train T.jsonl --test E.jsonl [--oos-threshold cv|FILE] [--json]
 *     fill --schema S.json "text" [--now T] [--timezone Z] [--language en|zh] [--file NAME]...
 * [--json]
 *
 *     match --skills S.json "text"
 *
 * T and E have {"text", "intent"} a line; the intent "oos" means none. One FILE alone is cut into five
 * parts, and each is measured by what was learnt from the other four. Prints tables, or one JSON
 * object. Returns the CLI's exit code: 0, or 2 for wrong usage or unreadable input.
 */
#ifndef WORKER_INTENT_TOOL_INTENT_TOOL_H
#define WORKER_INTENT_TOOL_INTENT_TOOL_H

int intent_main(int argc, char **argv);

#endif
