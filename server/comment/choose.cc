#include "server/comment/choose.h"

#include <algorithm>

namespace resultgate::comment {
namespace {

using Hit = CodeIndex::Hit;

// The hit of the smallest value set, the first of equals; or nullptr.
const Hit* Narrowest(const std::vector<Hit>& hits) {
  const Hit* narrowest = nullptr;
  for (const Hit& hit : hits) {
    if (narrowest == nullptr || hit.set_size < narrowest->set_size) narrowest = &hit;
  }
  return narrowest;
}

// Of the hits of all observations, those of templates that know every one; of their sets, the largest counts.
void Intersect(const std::vector<Hit>& hits, std::vector<Hit>* common) {
  common->erase(std::remove_if(common->begin(), common->end(),
                               [&](Hit& kept) {
                                 const auto at = std::find_if(hits.begin(), hits.end(), [&](const Hit& h) {
                                   return h.template_index == kept.template_index;
                                 });
                                 if (at == hits.end()) return true;
                                 kept.exact = kept.exact && at->exact;
                                 kept.set_size = std::max(kept.set_size, at->set_size);
                                 return false;
                               }),
                common->end());
}

class Chooser {
 public:
  Chooser(const Templates& templates, const v1::DiagnosticReport& report) : templates_(templates), report_(report) {}

  Choice Choose() {
    std::vector<Hit> of_report, of_order, of_observation, of_all;
    templates_.codes.Find(report_.code(), &of_report);
    templates_.codes.Find(report_.order().code(), &of_order);
    const int of_section = templates_.codes.FindSection(report_.section());

    const bool report_judged = !Any(of_report, &Template::gives_verdict, false) &&
                               (of_section < 0 || templates_.templates[static_cast<size_t>(of_section)].gives_verdict);
    const bool report_hidden = Any(of_report, &Template::hides_names, true) || Any(of_order, &Template::hides_names, true);
    choice_.hides_report = report_hidden;
    for (int i = 0; i < report_.observations_size(); ++i) {
      templates_.codes.Find(report_.observations(i).code(), &of_observation);
      choice_.judged.push_back(report_judged && !Any(of_observation, &Template::gives_verdict, false));
      const bool hidden = report_hidden || Any(of_observation, &Template::hides_names, true);
      choice_.hidden.push_back(hidden);
      choice_.hides_report = choice_.hides_report || hidden;
      if (i == 0) {
        of_all = of_observation;
      } else {
        Intersect(of_observation, &of_all);
      }
    }

    AddExact(of_report, "its code is the report's");
    AddExact(of_all, "its codes are those of all observations");
    AddNarrowest(of_report, "its value set has the report's code");
    AddNarrowest(of_all, "its value set has the codes of all observations");
    if (of_section >= 0) Add(of_section, "it speaks for the section");
    return std::move(choice_);
  }

 private:
  bool Any(const std::vector<Hit>& hits, bool Template::*member, bool value) const {
    return std::any_of(hits.begin(), hits.end(), [&](const Hit& hit) {
      return templates_.templates[static_cast<size_t>(hit.template_index)].*member == value;
    });
  }

  void Add(int template_index, const char* because) {
    const bool known = std::any_of(choice_.candidates.begin(), choice_.candidates.end(),
                                   [&](const Candidate& c) { return c.template_index == template_index; });
    if (!known) choice_.candidates.push_back({template_index, because});
  }

  void AddExact(const std::vector<Hit>& hits, const char* because) {
    const auto exact = std::find_if(hits.begin(), hits.end(), [](const Hit& hit) { return hit.exact; });
    if (exact != hits.end()) Add(exact->template_index, because);
  }

  void AddNarrowest(const std::vector<Hit>& hits, const char* because) {
    if (const Hit* hit = Narrowest(hits)) Add(hit->template_index, because);
  }

  const Templates& templates_;
  const v1::DiagnosticReport& report_;
  Choice choice_;
};

}  // namespace

Choice Choose(const Templates& templates, const v1::DiagnosticReport& report) {
  return Chooser(templates, report).Choose();
}

}  // namespace resultgate::comment
