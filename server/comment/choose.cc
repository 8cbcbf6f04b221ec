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

    FindOwnGoals();
    const bool report_judged = AllJudge(of_report) && (of_section < 0 || Judges(of_section));
    const bool report_hidden = AnyHides(of_report) || AnyHides(of_order);
    choice_.hides_report = report_hidden;
    choice_.own.reserve(static_cast<size_t>(report_.observations_size()));
    for (int i = 0; i < report_.observations_size(); ++i) {
      templates_.codes.Find(report_.observations(i).code(), &of_observation);
      choice_.judged.push_back(report_judged && AllJudge(of_observation));
      choice_.own.push_back(Best(of_observation, of_section < 0 || Judges(of_section)));
      const bool hidden = report_hidden || AnyHides(of_observation);
      choice_.hidden.push_back(hidden);
      choice_.hides_report = choice_.hides_report || hidden;
      if (i == 0) {
        of_all = of_observation;
      } else {
        Intersect(of_observation, &of_all);
      }
    }

    // Tissue, cells, genes and images have one comment whatever is in the report: none of a template that judges.
    if (of_section >= 0 && !Judges(of_section)) {
      for (std::vector<Hit>* hits : {&of_report, &of_all}) {
        hits->erase(
            std::remove_if(hits->begin(), hits->end(), [&](const Hit& hit) { return Of(hit.template_index).gives_verdict; }),
            hits->end());
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
  // The templates to whose results a condition that is known of the patient, or the reason for the order, gives a goal of its
  // own.
  void FindOwnGoals() {
    if (templates_.own_goals.empty()) return;
    std::vector<Hit> hits;
    const auto add = [&](const v1::CodeableConcept& condition) {
      templates_.own_goals.Find(condition, &hits);
      for (const Hit& hit : hits) own_goals_.push_back(hit.template_index);
    };
    for (const v1::CodeableConcept& condition : report_.patient().known_conditions().values()) add(condition);
    for (const v1::CodeableConcept& reason : report_.order().reason_codes()) add(reason);
  }

  const Template& Of(int template_index) const { return templates_.templates[static_cast<size_t>(template_index)]; }
  bool Judges(int template_index) const {
    return Of(template_index).gives_verdict &&
           std::find(own_goals_.begin(), own_goals_.end(), template_index) == own_goals_.end();
  }
  bool AllJudge(const std::vector<Hit>& hits) const {
    return std::all_of(hits.begin(), hits.end(), [&](const Hit& hit) { return Judges(hit.template_index); });
  }
  bool AnyHides(const std::vector<Hit>& hits) const {
    return std::any_of(hits.begin(), hits.end(), [&](const Hit& hit) { return Of(hit.template_index).hides_names; });
  }

  // The template of an exact hit, else of the narrowest value set; -1 if there is none, or if it judges where none may.
  int Best(const std::vector<Hit>& hits, bool may_judge) const {
    const auto exact = std::find_if(hits.begin(), hits.end(), [](const Hit& hit) { return hit.exact; });
    const Hit* const best = exact != hits.end() ? &*exact : Narrowest(hits);
    return best == nullptr || (!may_judge && Of(best->template_index).gives_verdict) ? -1 : best->template_index;
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
  std::vector<int> own_goals_;
  Choice choice_;
};

}  // namespace

Choice Choose(const Templates& templates, const v1::DiagnosticReport& report) {
  return Chooser(templates, report).Choose();
}

}  // namespace resultgate::comment
