#include "server/policy/findings.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/policy/pack_checks.h"

namespace resultgate::policy {

bool Findings::IsIgnored(const std::vector<Ignore>& ignores, const std::string& of, const char* check) {
  bool ignored = false;
  for (const Ignore& ignore : ignores) {
    if (ignore.check != check || (!ignore.of.empty() && ignore.of != of)) continue;
    used_.insert(&ignore);
    ignored = true;
  }
  return ignored;
}

void Findings::Report(const Rule& rule, const char* check, Severity severity, const std::string& message,
                      std::string suggestion) {
  const bool by_rule = IsIgnored(rule.ignores, rule.id, check);
  const bool by_pack = IsIgnored(pack_.ignores(), rule.id, check);
  if (!by_rule && !by_pack) Add(rule.place, LineAt(rule.place), check, severity, message, std::move(suggestion));
}

void Findings::Report(const valueset::ValueSet& set, const char* check, Severity severity, const std::string& message,
                      std::string suggestion) {
  if (IsIgnored(pack_.ignores(), set.name(), check)) return;
  Add(set.origin().place, set.origin().source_line, check, severity, message, std::move(suggestion));
}

void Findings::Report(const char* check, Severity severity, const std::string& message, std::string suggestion) {
  if (IsIgnored(pack_.ignores(), pack_.name(), check)) return;
  Add(pack_.place(), LineAt(pack_.place()), check, severity, message, std::move(suggestion));
}

void Findings::ReportUnusedIgnores(const std::set<std::string>& not_asked) {
  const auto look_at = [&](const Ignore& ignore) {
    const std::vector<std::string>& names = CheckNames();
    if (std::find(names.begin(), names.end(), ignore.check) == names.end()) {
      Add(ignore.place, LineAt(ignore.place), kUnusedIgnore, Severity::kError,
          absl::StrCat("no check is named `", ignore.check, "`"), base::Suggest(ignore.check, names));
    } else if (used_.count(&ignore) == 0 && not_asked.count(ignore.check) == 0) {
      Add(ignore.place, LineAt(ignore.place), kUnusedIgnore, Severity::kWarning,
          absl::StrCat("`ignore` of `", ignore.check, "` silences nothing"), "leave it out");
    }
  };
  for (const Rule& rule : pack_.rules()) std::for_each(rule.ignores.begin(), rule.ignores.end(), look_at);
  std::for_each(pack_.ignores().begin(), pack_.ignores().end(), look_at);
}

std::string Findings::LineAt(const base::Place& place) const {
  const auto file = lines_.find(place.file);
  const auto line = static_cast<size_t>(place.line);
  return file != lines_.end() && line >= 1 && line <= file->second.size() ? file->second[line - 1] : "";
}

void Findings::Add(const base::Place& place, const std::string& line, const char* check, Severity severity,
                   const std::string& message, std::string suggestion) {
  issues_->push_back({severity, place, absl::StrCat(message, " [", check, "]"), std::move(suggestion), line});
}

}  // namespace resultgate::policy
