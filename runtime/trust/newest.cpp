// A/B updates: the newest whole blob of two slots.
#include "tidbit/tidbit.h"

namespace tidbit {
namespace {

tidbit_status verify_all(const tidbit_model &model, const tidbit_trust &trust) {
  const tidbit_status status = tidbit_verify(&model, trust.poll, trust.poll_user, nullptr);
  if (status != TIDBIT_OK || trust.public_key == nullptr) return status;
  return tidbit_verify_signature(&model, &trust);
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_open_newest(const tidbit_slot slots[2], const tidbit_trust *trust, tidbit_model *model,
                                            uint32_t *chosen) {
  if (model == nullptr) return TIDBIT_ERR_ARGUMENT;
  *model = {};
  if (slots == nullptr) return TIDBIT_ERR_ARGUMENT;
  const tidbit_trust checks = trust == nullptr ? tidbit_trust{} : *trust;
  if (checks.public_key != nullptr && checks.check == nullptr) return TIDBIT_ERR_ARGUMENT;
  tidbit_model models[2];
  tidbit_status statuses[2];
  for (unsigned i = 0; i < 2; ++i) statuses[i] = tidbit_open(slots[i].blob, slots[i].size, &models[i], nullptr);
  unsigned first = statuses[0] != TIDBIT_OK;
  if (statuses[0] == TIDBIT_OK && statuses[1] == TIDBIT_OK) {
    first = tidbit_revision(&models[1]) > tidbit_revision(&models[0]);
  }
  for (unsigned i = 0; i < 2; ++i) {
    const unsigned slot = first ^ i;
    if (statuses[slot] == TIDBIT_OK) statuses[slot] = verify_all(models[slot], checks);
    if (statuses[slot] == TIDBIT_CANCELED) return TIDBIT_CANCELED;
    if (statuses[slot] != TIDBIT_OK) continue;
    *model = models[slot];
    if (chosen != nullptr) *chosen = slot;
    return TIDBIT_OK;
  }
  return statuses[first];
}
