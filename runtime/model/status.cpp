// The version, and names of statuses and memory parts.
#include "base/features.h"
#include "tidbit/tidbit.h"

namespace tidbit {
namespace {

constexpr const char *kStatus[TIDBIT_STATUS_COUNT] = {
    "ok",
    "the work budget is used up, call again",
    "canceled by the poll hook",
    "an argument is null or out of range",
    "a buffer is not aligned to 64 bytes",
    "a buffer is too small",
    "this is not a tidbit blob",
    "the blob's format is too new: update the library",
    "the blob is shorter than its header says",
    "a checksum does not match, the data is damaged",
    "a number in the blob's header is out of range",
    "a tensor of the blob is missing, misplaced or has the wrong shape",
    "the blob's tokenizer is inconsistent",
    "this build does not support what the blob needs",
    "this CPU or this build lacks the instruction set",
    "the context is full",
    "a token id is outside the vocabulary",
    "the blob has no tokenizer",
    "there are no logits yet",
    "the saved session is damaged or belongs to another model",
    "the blob's format is too old: convert the checkpoint again",
    "the logits differ from those of the converter",
    "a logit is not a number, or none is above minus infinity",
    "the FPU flushes subnormals or does not round to nearest",
    "called from a hook of the same session",
    "the blob's signature is missing or wrong",
    "a window or a convolution no longer has what comes before this position; reset, and feed the tokens again",
    "the blob has no chat template, or none for these roles in this order",
    "this is no compiled grammar, or it is damaged",
    "the grammar allows no token of the vocabulary, or not this one",
};

constexpr const char *kParts[TIDBIT_PART_COUNT] = {"state", "kv", "activations", "logits", "scratch"};

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" uint32_t tidbit_version(void) { return TIDBIT_VERSION; }

extern "C" const char *tidbit_status_string(tidbit_status status) {
  if constexpr (!features::kStatusStrings) return "";
  return static_cast<unsigned>(status) < TIDBIT_STATUS_COUNT ? kStatus[status] : "unknown status";
}

extern "C" const char *tidbit_part_name(tidbit_part part) {
  if constexpr (!features::kStatusStrings) return "";
  return static_cast<unsigned>(part) < TIDBIT_PART_COUNT ? kParts[part] : "unknown part";
}
