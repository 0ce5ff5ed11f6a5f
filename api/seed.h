/* seed.h - `execgov-api seed --file F [settings]`: the first tenants and people.
 *
 * F is {"platform": {email, name, password?}, "tenants": [{name, kind?, timezone?, locale?, users:
 * [{email, name, role, password?}]}]}; "platform_admin" is taken for "platform". What is missing is
 * made; what is there stays as it is, so that running it again is safe. Somebody without a password
 * gets a random one that nobody is told. Everybody gets a session of seven days, printed once on
 * standard output: {"tenants": [{name, id, schema, users: [{email, role, token}]}], "platform":
 * {email, token}}.
 */
#ifndef API_SEED_H
#define API_SEED_H

/* argv[1] is "seed". Returns the process's exit code. */
int seed_main(int argc, char **argv);

#endif
