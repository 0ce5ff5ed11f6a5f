/* background.h - what people say to anything, in both languages.
 *
 * A tenant with five skills and twelve examples cannot tell "please", "the" or "帮我" from the
 * words that matter, nor know what a request for something else looks like. These sentences tell
 * it: they count as texts when the rarity of an n-gram is measured, and the confidence they reach
 * is a floor for the threshold. They are never a class, because the tenant may well have a skill
 * for one of them.
 */
#ifndef WORKER_INTENT_RECOGNISER_BACKGROUND_H
#define WORKER_INTENT_RECOGNISER_BACKGROUND_H

/* Ways of asking without a topic; NULL ends the list. */
extern const char *const background_phrases[];
/* Everyday requests on many topics; NULL ends the list. */
extern const char *const background_requests[];

#endif
