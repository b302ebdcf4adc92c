// The program's commands. Each takes the arguments after its name and returns an exit code.
#pragma once

#include "cli/options.h"

namespace tidbit::cli {

int run_command(Arguments arguments, Output &out);
int chat_command(Arguments arguments, Output &out);
int info_command(Arguments arguments, Output &out);
int plan_command(Arguments arguments, Output &out);
int verify_command(Arguments arguments, Output &out);
int tokenize_command(Arguments arguments, Output &out);
int detokenize_command(Arguments arguments, Output &out);
int logits_command(Arguments arguments, Output &out);
int eval_command(Arguments arguments, Output &out);
int embed_command(Arguments arguments, Output &out);
int bench_command(Arguments arguments, Output &out);

}  // namespace tidbit::cli
