/* client_private.h - what sandbox_client.c (the connection) and client_run.c (its runs) share. */
#ifndef WORKER_SANDBOX_CLIENT_PRIVATE_H
#define WORKER_SANDBOX_CLIENT_PRIVATE_H

#include "worker/sandbox/sandbox_client.h"
#include "worker/sandbox/wire.h"

struct outgoing;

/* A reading end of a run's pipe; freed when its handle is closed. */
struct run_pipe {
    uv_poll_t poll;
    struct sandbox_run *run; /* NULL once the run is done with it */
    enum sandbox_stream stream;
    int fd;
};

struct sandbox_run {
    struct sandbox_run *next;
    struct sandbox_client *client;
    uint64_t id;
    char *name; /* the job's id */
    struct sandbox_limits limits;
    struct sandbox_events events;
    void (*unpacked)(void *user,
                     struct sandbox_unpack_report *report); /* an UNPACK instead of a START */
    void *user;
    struct run_pipe *pipes[2];
    bool flooded;   /* printed more than it may */
    bool abandoned; /* `report.err` is to be delivered by the next turn of the loop */
    bool exited;
    struct sandbox_report report;
    size_t artifact_capacity, refusal_capacity;
};

struct sandbox_client {
    uv_loop_t *loop;
    char *path;
    int fd; /* -1 while there is no connection */
    uv_poll_t *poll;
    uv_timer_t timer; /* tries again to connect, and delivers what failed at once */
    struct sandbox_run *runs;
    struct outgoing *first, *last;
    uint64_t next_id;
    bool closing;
    void (*closed)(void *user);
    void *closed_user;
};

/* Queue a message; descriptors are duplicated if it has to wait. False: there is no connection. */
bool client_send(struct sandbox_client *client, const void *message, size_t bytes, const int *fds,
                 int fd_count);
/* Deliver `run->report.err` from the loop, not from within the caller. */
void client_abandon_later(struct sandbox_run *run);

struct sandbox_run *client_run_new(struct sandbox_client *client, void *user);
/* A message about this run; takes the descriptors it wants by setting them to -1. False: nonsense.
 */
bool client_run_message(struct sandbox_run *run, const union wire_message *message, int *fds,
                        int fd_count);
/* Report what there is and forget the run. */
void client_run_finish(struct sandbox_run *run);
/* The connection is gone: LOST. */
void client_run_lost(struct sandbox_run *run);

#endif
