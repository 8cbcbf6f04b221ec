#include "server/gate/stored_terms.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/status_macros.h"

namespace resultgate::gate {
namespace {

std::string EntriesOf(int64_t block) {
  return absl::StrCat("entries ", block * audit::kEntriesInBlock + 1, " to ", (block + 1) * audit::kEntriesInBlock);
}

}  // namespace

absl::Status StoredTerms::Begin(const Find& find) {
  RG_ASSIGN_OR_RETURN(blocks_, log_.CountBlocks());
  if (blocks_ >= 0 && blocks_ <= log_.size() / audit::kEntriesInBlock) return absl::OkStatus();
  find(absl::StrCat("entries are said to be found by their terms up to block ", blocks_, ", and the log has ", log_.size(),
                    " entries"));
  blocks_ = 0;
  return absl::OkStatus();
}

void StoredTerms::Take(const v1::Entry& entry) {
  const int64_t block = audit::BlockOf(entry.sequence());
  if (block >= blocks_) return;
  const auto at = static_cast<size_t>((entry.sequence() - 1) % audit::kEntriesInBlock);
  for (const std::string& term : audit::TermsOf(entry)) expected_[term][block].set(at);
}

absl::Status StoredTerms::Finish(const Find& find) {
  if (ignores_all_) return absl::OkStatus();
  RG_RETURN_IF_ERROR(log_.ForEachTerm([&](absl::string_view term, int64_t block, absl::string_view entries) {
    if (ignored_.count(block) > 0) return;
    const auto of_term = expected_.find(std::string(term));
    const bool known = of_term != expected_.end() && of_term->second.count(block) > 0;
    if (!known) return find(absl::StrCat(EntriesOf(block), ": a term by which they are found came in beside the gate"));
    if (audit::EncodeBlock(of_term->second[block]) != entries) {
      find(absl::StrCat(EntriesOf(block), ": those that are found by `", term, "` are not those that tell of it"));
    }
    of_term->second.erase(block);
  }));
  for (const auto& [term, blocks] : expected_) {
    for (const auto& [block, entries] : blocks) {
      if (ignored_.count(block) > 0) continue;
      find(absl::StrCat(EntriesOf(block), ": ", entries.count(), entries.count() == 1 ? " is" : " are", " not found by `", term,
                        "`, and should be"));
    }
  }
  return absl::OkStatus();
}

}  // namespace resultgate::gate
