/* questions.h - one question about one parameter, in both languages and in the schema's words. */
#ifndef WORKER_INTENT_FILL_QUESTIONS_H
#define WORKER_INTENT_FILL_QUESTIONS_H

#include "worker/intent/fill/fill.h"
#include "worker/intent/fill/parameter.h"

struct fill_question question_about(const struct parameter *parameter,
                                    const struct fill_request *request, struct arena *arena);

#endif
