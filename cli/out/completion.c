/* completion.c - one case a command, so that the shell does the looking up and no process starts for
 * a Tab; only names of skills are asked for, and only where one is wanted. */
#include "cli/out/completion.h"

#include <string.h>

#include "cli/command.h"

/* The distinct words that may follow `prefix` (whole words, "" for none). */
static void add_next_words(struct buf *out, const char *prefix)
{
    size_t length = strlen(prefix);
    struct buf seen = { 0 };

    buf_add_char(&seen, ' ');
    for (const struct command *c = command_table; c->words; c++) {
        const char *const names[] = { c->words, c->alias };
        for (int i = 0; i < 2; i++) {
            if (!names[i] || strncmp(names[i], prefix, length) != 0)
                continue;
            const char *rest = names[i] + length;
            if (length > 0 && *rest++ != ' ')
                continue;
            struct buf word = { 0 };
            buf_addf(&word, " %.*s ", (int)strcspn(rest, " "), rest);
            if (*rest && !strstr(seen.data, word.data)) {
                buf_add_text(&seen, word.data + 1);
                buf_add(out, word.data + 1, word.length - 1);
            }
            buf_release(&word);
        }
    }
    buf_release(&seen);
}

static void add_option_words(struct buf *out, const struct command *command)
{
    const struct command_option *lists[] = { command->options, command_options_all };

    for (int list = 0; list < 2; list++)
        for (const struct command_option *o = lists[list]; o && o->name; o++)
            buf_addf(out, "--%s ", o->name);
}

/* "a|b c" patterns that a case takes: the command under both of its names. */
static void add_pattern(struct buf *out, const char *words, const char *alias)
{
    buf_addf(out, "  '%s'", words);
    if (alias)
        buf_addf(out, "|'%s'", alias);
    buf_add_text(out, ") ");
}

static const char *kind_word(enum value_kind kind)
{
    switch (kind) {
    case VALUE_FILE:
        return "file";
    case VALUE_FOLDER:
        return "folder";
    case VALUE_SKILL:
        return "skill";
    default:
        return "";
    }
}

/* Every group ("runs", "runs artifacts") gets a case with the words that may follow. */
static void add_groups(struct buf *out)
{
    struct buf seen = { 0 };

    buf_add_text(&seen, "\n");
    for (const struct command *c = command_table; c->words; c++) {
        const char *const names[] = { c->words, c->alias };
        for (int i = 0; i < 2; i++)
            for (const char *space = names[i] ? strchr(names[i], ' ') : NULL; space;
                 space = strchr(space + 1, ' ')) {
                struct buf group = { 0 };
                buf_addf(&group, "\n%.*s\n", (int)(space - names[i]), names[i]);
                if (!strstr(seen.data, group.data)) {
                    buf_add_text(&seen, group.data + 1);
                    group.data[group.length - 1] = '\0';
                    buf_addf(out, "  '%s') next=\"", group.data + 1);
                    add_next_words(out, group.data + 1);
                    buf_add_text(out, "\" ;;\n");
                }
                buf_release(&group);
            }
    }
    buf_release(&seen);
}

/* Options whose value is a file, a folder, a skill or a choice; the same name means the same in every
 * command (a test sees to it). */
static void add_option_values(struct buf *out)
{
    struct buf seen = { 0 };

    buf_add_text(&seen, " ");
    for (const struct command *c = command_table;; c++) {
        const struct command_option *list = c->words ? c->options : command_options_all;
        for (const struct command_option *o = list; o && o->name; o++) {
            struct buf name = { 0 };
            buf_addf(&name, " %s ", o->name);
            bool fresh = !strstr(seen.data, name.data);
            if (fresh && o->kind != VALUE_NONE) {
                buf_add_text(&seen, name.data + 1);
                buf_addf(out, "  --%s) value='%s' ;;\n", o->name,
                         o->kind == VALUE_CHOICE ? o->value
                         : *kind_word(o->kind)   ? kind_word(o->kind)
                                                 : "text");
            }
            buf_release(&name);
        }
        if (!c->words)
            break;
    }
    buf_release(&seen);
}

static void add_commands(struct buf *out)
{
    for (const struct command *c = command_table; c->words; c++) {
        add_pattern(out, c->words, c->alias);
        buf_addf(out, "kind='%s'; options=\"", kind_word(c->kind));
        add_option_words(out, c);
        buf_add_text(out, "\" ;;\n");
    }
}

void completion_bash(struct buf *out)
{
    buf_add_text(out,
                 "# bash completion of execgov; made by: execgov completion bash\n"
                 "_execgov() {\n"
                 "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
                 "  local path='' next='' options='' kind='' value='' word i count=0\n"
                 "  COMPREPLY=()\n"
                 "  case \"$prev\" in\n");
    add_option_values(out);
    buf_add_text(out,
                 "  esac\n"
                 "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                 "    word=\"${COMP_WORDS[i]}\"\n"
                 "    [[ $word == -* || $path$word == help ]] && continue\n"
                 "    case \"${path:+$path }$word\" in\n");
    add_groups(out);
    add_commands(out);
    buf_add_text(
        out,
        "  *) count=$((count + 1)); continue ;;\n"
        "    esac\n"
        "    path=\"${path:+$path }$word\"\n"
        "    [[ -n $options ]] && next=''\n"
        "  done\n"
        "  [[ -z $path ]] && next=\"");
    add_next_words(out, "");
    buf_add_text(
        out,
        "help\"\n"
        "  if [[ -z $value && $cur == -* ]]; then\n"
        "    COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")); return\n"
        "  fi\n"
        "  [[ -z $value && $count -eq 0 ]] && value=\"$kind\"\n"
        "  case \"$value\" in\n"
        "    file) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
        "    folder) COMPREPLY=($(compgen -d -- \"$cur\")) ;;\n"
        "    skill) COMPREPLY=($(compgen -W \"$(execgov list --names 2>/dev/null)\" -- \"$cur\")) ;;\n"
        "    text) ;;\n"
        "    *'|'*) COMPREPLY=($(compgen -W \"${value//|/ }\" -- \"$cur\")) ;;\n"
        "    *) COMPREPLY=($(compgen -W \"$next\" -- \"$cur\")) ;;\n"
        "  esac\n"
        "}\n"
        "complete -o bashdefault -o default -F _execgov execgov\n");
}

/* zsh can use bash's function through bashcompinit; that keeps one generator. */
void completion_zsh(struct buf *out)
{
    buf_add_text(out, "#compdef execgov\n"
                      "# zsh completion of execgov; made by: execgov completion zsh\n"
                      "autoload -U +X bashcompinit && bashcompinit\n");
    completion_bash(out);
}
