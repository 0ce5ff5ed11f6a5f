/* inbox.h - what payment providers told is applied as soon as it was answered: one drain a process, woken by each notice.
 *
 * The answer does not wait for it. What a process leaves behind when it ends, the lifecycle's next tick finds. */
#ifndef API_MONEY_PAYMENT_INBOX_H
#define API_MONEY_PAYMENT_INBOX_H

struct api;
struct inbox;

struct inbox *inbox_start(struct api *api);
/* Something was stored. */
void inbox_wake(struct inbox *inbox);
/* Let the batch under way end, then call `stopped`; the handle is freed by inbox_free after the loop. */
void inbox_stop(struct inbox *inbox, void (*stopped)(void *context));
void inbox_free(struct inbox *inbox);

#endif
