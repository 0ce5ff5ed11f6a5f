/* simulate_tool.h - `execgov lifecycle simulate`: the server's own program, because the CLI links none of its code. */
#ifndef CLI_SIMULATE_TOOL_H
#define CLI_SIMULATE_TOOL_H

/* Does not return where the program is installed; else an exit code. */
int simulate_tool_main(int argc, char **argv);

#endif
