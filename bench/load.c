/* load.c - bench-load: HTTP requests over keep-alive connections, one in flight on each.
 *
 * usage: bench-load PORT CONNECTIONS COUNT PATH TOKEN BODY [GAP_US]
 *
 * TOKEN and BODY may each be @FILE, a line for each: request i takes line i of both, round and round.
 * Sends COUNT POSTs as fast as they are answered; with GAP_US, no sooner than that after the last
 * answer (for latencies of an idle system; then with one connection). Prints one JSON line: seconds,
 * rate, latencies in us, and how many answers were not 2xx. Plain epoll and no allocation per request,
 * so that it takes as little as possible of the machine it measures.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1024, ANSWER_BYTES_MAX = 4 * 1024 * 1024 };

struct request {
    char *text;
    size_t bytes;
};

struct connection {
    int fd;
    long long sent_ns;
    const struct request *request;
    size_t left;   /* of the request, to be written */
    char *answer;
    size_t bytes;  /* of the answer so far */
    size_t whole;  /* head and body; 0: the head is not complete */
};

struct run {
    int poll;
    struct request *requests;
    long request_count;
    long begun, done, wanted, faults;
    long long *latencies;
    char first_fault[400];
    struct connection connections[CONNECTIONS_MAX];
};

static long long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "bench-load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void write_on(struct run *run, struct connection *c)
{
    while (c->left) {
        ssize_t n = write(c->fd, c->request->text + c->request->bytes - c->left, c->left);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            die("write");
        c->left -= (size_t)n;
    }
    struct epoll_event event = { .events = c->left ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c };
    static unsigned asked[CONNECTIONS_MAX];
    unsigned *last = &asked[c - run->connections];
    if (*last != event.events && epoll_ctl(run->poll, EPOLL_CTL_MOD, c->fd, &event) == 0)
        *last = event.events;
}

static void begin(struct run *run, struct connection *c)
{
    if (run->begun == run->wanted)
        return;
    c->request = &run->requests[run->begun++ % run->request_count];
    c->left = c->request->bytes;
    c->bytes = c->whole = 0;
    c->sent_ns = now_ns();
    write_on(run, c);
}

/* The head ends with an empty line and says how long the body is; answers here are never chunked. */
static void look_for_head(struct connection *c)
{
    char *end, *length;

    c->answer[c->bytes] = 0;
    end = strstr(c->answer, "\r\n\r\n");
    if (!end)
        return;
    length = strcasestr(c->answer, "\r\ncontent-length:");
    if (!length || length > end) {
        fprintf(stderr, "bench-load: an answer without Content-Length: %.300s\n", c->answer);
        exit(1);
    }
    c->whole = (size_t)(end + 4 - c->answer) + strtoul(length + 17, NULL, 10);
}

static void read_on(struct run *run, struct connection *c, long gap_us)
{
    ssize_t n = read(c->fd, c->answer + c->bytes, ANSWER_BYTES_MAX - c->bytes);

    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        fprintf(stderr, "bench-load: the server closed a connection after: %.300s\n", c->answer);
        exit(1);
    }
    if (n < 0)
        return;
    c->bytes += (size_t)n;
    if (!c->whole)
        look_for_head(c);
    if (!c->whole || c->bytes < c->whole)
        return;
    c->answer[c->bytes] = 0;
    if (c->answer[9] != '2' && run->faults++ == 0)
        snprintf(run->first_fault, sizeof run->first_fault, "%.390s", c->answer);
    run->latencies[run->done++] = now_ns() - c->sent_ns;
    if (gap_us)
        usleep((useconds_t)gap_us);
    begin(run, c);
}

static int by_value(const void *a, const void *b)
{
    long long x = *(const long long *)a, y = *(const long long *)b;
    return x < y ? -1 : x > y;
}

static void open_connection(struct run *run, struct connection *c, int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
    int yes = 1;

    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    c->answer = malloc(ANSWER_BYTES_MAX + 1);
    if (!c->answer || epoll_ctl(run->poll, EPOLL_CTL_ADD, c->fd, &event) != 0)
        die("epoll");
}

static void serve(struct run *run, long gap_us)
{
    struct epoll_event events[256];

    while (run->done < run->wanted) {
        int count = epoll_wait(run->poll, events, 256, 30000);
        if (count == 0) {
            fprintf(stderr, "bench-load: no answer for 30 s\n");
            exit(1);
        }
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT)
                write_on(run, c);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                read_on(run, c, gap_us);
        }
    }
}

/* The word itself, or the lines of the file it names. */
static char **lines_of(const char *word, long *count)
{
    char **lines = NULL, *line = NULL;
    size_t room = 0;
    ssize_t bytes;

    *count = 0;
    if (word[0] != '@') {
        lines = malloc(sizeof *lines);
        lines[(*count)++] = strdup(word);
        return lines;
    }
    FILE *file = fopen(word + 1, "r");
    if (!file)
        die(word + 1);
    while ((bytes = getline(&line, &room, file)) > 0) {
        line[bytes - (line[bytes - 1] == '\n')] = 0;
        lines = realloc(lines, (size_t)(*count + 1) * sizeof *lines);
        lines[(*count)++] = strdup(line);
    }
    free(line);
    fclose(file);
    if (!*count) {
        fprintf(stderr, "bench-load: %s is empty\n", word + 1);
        exit(1);
    }
    return lines;
}

static void make_requests(struct run *run, const char *path, const char *token, const char *body)
{
    long token_count, body_count;
    char **tokens = lines_of(token, &token_count), **bodies = lines_of(body, &body_count);

    run->request_count = token_count > body_count ? token_count : body_count;
    run->requests = calloc((size_t)run->request_count, sizeof *run->requests);
    for (long i = 0; i < run->request_count; i++) {
        const char *sent = bodies[i % body_count];
        int bytes = asprintf(&run->requests[i].text,
                             "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                             path, tokens[i % token_count], strlen(sent), sent);
        if (bytes < 0)
            die("memory");
        run->requests[i].bytes = (size_t)bytes;
    }
}

int main(int argc, char **argv)
{
    static struct run run;

    if (argc < 7) {
        fprintf(stderr, "usage: bench-load PORT CONNECTIONS COUNT PATH TOKEN BODY [GAP_US]\n");
        return 2;
    }
    int connections = atoi(argv[2]);
    run.wanted = atol(argv[3]);
    if (connections < 1 || connections > CONNECTIONS_MAX || run.wanted < 1)
        return 2;
    make_requests(&run, argv[4], argv[5], argv[6]);
    run.latencies = calloc((size_t)run.wanted, sizeof *run.latencies);
    run.poll = epoll_create1(0);
    for (int i = 0; i < connections; i++)
        open_connection(&run, &run.connections[i], atoi(argv[1]));
    long long from = now_ns();
    for (int i = 0; i < connections; i++)
        begin(&run, &run.connections[i]);
    serve(&run, argc > 7 ? atol(argv[7]) : 0);
    double seconds = (double)(now_ns() - from) / 1e9;
    qsort(run.latencies, (size_t)run.done, sizeof *run.latencies, by_value);
    printf("{\"seconds\": %.4f, \"rate\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"faults\": %ld}\n",
           seconds, (double)run.done / seconds, (double)run.latencies[run.done / 2] / 1e3,
           (double)run.latencies[run.done * 99 / 100] / 1e3, run.faults);
    if (run.faults)
        fprintf(stderr, "bench-load: first fault: %s\n", run.first_fault);
    return 0;
}
