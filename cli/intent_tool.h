/* intent_tool.h - `execgov intent eval|fill|match`: hands over to the program execgov-intent beside this
 * one, because the CLI links no worker code. */
#ifndef CLI_INTENT_TOOL_H
#define CLI_INTENT_TOOL_H

/* argv[0] is "intent". Returns only if there is no such program: 5. */
int intent_tool_main(int argc, char **argv);

#endif
