/* restore.h - execgov restore check: what a restored database cannot know. */
#ifndef CLI_RESTORE_H
#define CLI_RESTORE_H

/* As migrate_main: the words behind "restore". The exit code. */
int restore_main(int argc, char **argv);

#endif
