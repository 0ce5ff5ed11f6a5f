/* migrate.h - `execgov migrate up|status|verify`: the one noun that talks to PostgreSQL and not to the
 * API, because it comes before the API. */
#ifndef CLI_MIGRATE_H
#define CLI_MIGRATE_H

/* argv[0] is "migrate". Returns the exit code: 0 done (status: nothing to do; verify: no faults),
 * 1 work is left or faults were found, 2 usage or settings, 5 the database cannot be reached. */
int migrate_main(int argc, char **argv);

#endif
