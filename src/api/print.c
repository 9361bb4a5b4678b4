// Documentation of the vocabulary, as openapi/README.md has it: the tables that the code itself goes by.
#include "outcome.h"
#include "reading.h"

static void print_facts(struct buf *out)
{
    const struct fact *fact;
    for (size_t i = 0; (fact = fact_row(i)); i++)
        buf_printf(out, "| `%s` | %s |\n", fact->name, fact->about);
}

void api_symbols_print(struct buf *out)
{
    symbols_print(out);
    buf_put_lit(out, "\n");
    print_facts(out);
    buf_put_lit(out, "\n");
    words_print(out);
}
