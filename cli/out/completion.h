/* completion.h - scripts for shells, made from the table of commands. */
#ifndef CLI_OUT_COMPLETION_H
#define CLI_OUT_COMPLETION_H

#include "core/base/buf.h"

void completion_bash(struct buf *out);
void completion_zsh(struct buf *out);

#endif
