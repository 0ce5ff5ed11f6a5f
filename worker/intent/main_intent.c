/* execgov-intent: what `execgov intent` runs. The CLI speaks HTTP only and links no worker code. */
#include "worker/intent/tool/intent_tool.h"

int main(int argc, char **argv)
{
    return intent_main(argc, argv);
}
