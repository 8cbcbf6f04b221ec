// Chooses and renders one comment.
#include "server/comment/render.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/comment/choose.h"
#include "server/comment/format.h"
#include "server/comment/lines.h"
#include "server/comment/parts.h"
#include "server/comment/verdict.h"
#include "server/nextstep/next_step.h"
#include "server/text/plain.h"

namespace resultgate::comment {
namespace {

using text::Message;

constexpr size_t kLongestClinicianLine = 4000;
constexpr char kDocument[] = "document";  // the unit that is no observation

// By Section. What is urgent ends what to do.
constexpr v1::CommentSection::Kind kSectionKinds[] = {v1::CommentSection::KIND_TESTED,  v1::CommentSection::KIND_RESULT,
                                                      v1::CommentSection::KIND_MEANING, v1::CommentSection::KIND_TO_DO,
                                                      v1::CommentSection::KIND_TO_DO,   v1::CommentSection::KIND_CONTACT};
static_assert(std::size(kSectionKinds) == kSectionCount);

class Renderer {
 public:
  Renderer(const Templates& templates, const std::vector<Contacts>& contacts, const Library::Options& options,
           const Request& request)
      : templates_(templates),
        contacts_(contacts),
        options_(options),
        request_(request),
        report_(*request.report),
        choice_(Choose(templates, report_)) {}

  // As if the report's codes led to this template alone.
  v1::Comment RenderAs(int template_index) {
    choice_.candidates = {{template_index, "it was asked for"}};
    const Template& made = templates_.templates[static_cast<size_t>(template_index)];
    choice_.hides_report = made.hides_names;
    choice_.hidden.assign(choice_.hidden.size(), made.hides_names);
    choice_.own.assign(choice_.own.size(), -1);
    return Render();
  }

  v1::Comment Render() {
    FindVariant();
    if (!report_.patient().language().empty()) {
      if (TryLanguages(report_.patient().language(), "the patient's")) return std::move(comment_);
    } else {
      Step("the patient's language is not known");
    }
    if (TryLanguages(request_.fallback_language, "the pack's")) return std::move(comment_);
    if (TryLanguages("en", "the last resort,")) return std::move(comment_);
    comment_.set_variant(FullVariantName(variant_));
    Step("no template may be shown");
    if (request_.clinician != nullptr) ShowClinicianAlone(tried_.empty() ? 0 : tried_.front());
    return std::move(comment_);
  }

 private:
  void Step(std::string step) { comment_.add_chosen_because(std::move(step)); }

  // The wording, the sentences before it, and at the end of the candidates the generic template.
  void FindVariant() {
    verdict_ = Judge(report_, choice_.judged);
    if (request_.occasion == Occasion::kCancelled) {
      variant_ = Variant::kCancelled;
      verdict_.findings.clear();
      Step("wording `cancelled`: the test was not performed");
    } else if (request_.occasion == Occasion::kBeingCorrected) {
      variant_ = Variant::kBeingCorrected;
      verdict_.findings.clear();
      Step("wording `being-corrected`: a correction is on its way");
    } else if (request_.occasion == Occasion::kInProcess) {
      variant_ = request_.expected_by ? Variant::kInProcess : Variant::kInProcessUndated;
      verdict_.findings.clear();
      choice_.candidates.clear();
      Step(absl::StrCat("wording `", Name(variant_), "`: a result waits, and nothing is said of it"));
    } else {
      variant_ = verdict_.variant;
      Step(absl::StrCat("wording `", Name(variant_), "`: ", verdict_.reason));
    }
    // What replaces everything is said alone.
    if (variant_ != Variant::kCancelled && variant_ != Variant::kBeingCorrected && !IsInProcess(variant_)) {
      if (request_.occasion == Occasion::kCorrected) prefixes_.push_back(Variant::kCorrected);
      if (verdict_.preliminary) prefixes_.push_back(Variant::kPreliminary);
      if (verdict_.specimen_in_doubt) prefixes_.push_back(Variant::kMayNeedRepeating);
      if (request_.not_yet_reviewed) prefixes_.push_back(Variant::kNotYetReviewed);
    }
    choice_.candidates.push_back({templates_.generic[static_cast<size_t>(variant_)], "it says this wording for every test"});
  }

  // The language and its shorter forms, each once. True if one of them gave the comment.
  bool TryLanguages(absl::string_view tag, absl::string_view whose) {
    bool found = false;
    const auto try_one = [&](absl::string_view form, absl::string_view wished) {
      const auto at = std::lower_bound(templates_.languages.begin(), templates_.languages.end(), form,
                                       [](const SharedWords& words, absl::string_view t) { return words.tag < t; });
      if (at == templates_.languages.end() || at->tag != form) return false;
      found = true;
      const auto position = static_cast<size_t>(at - templates_.languages.begin());
      if (std::find(tried_.begin(), tried_.end(), position) != tried_.end()) return false;
      tried_.push_back(position);
      Step(absl::StrCat("language `", form, "`: for ", whose, " `", wished, "`"));
      return TryLanguage(position);
    };
    // What is written as it should be, and has no shorter form, needs no reading.
    if (try_one(tag, tag)) return true;
    if (found && !absl::StrContains(tag, "-")) return false;
    const std::string canonical = text::CanonicalLanguage(tag);
    if (canonical.empty()) {
      Step(absl::StrCat(whose, " language is no language tag"));
      return false;
    }
    for (const std::string& shorter : text::LanguageLookup(canonical)) {
      if (try_one(shorter, canonical)) return true;
    }
    if (!found) Step(absl::StrCat("no template is written in ", whose, " `", canonical, "`"));
    return false;
  }

  bool TryLanguage(size_t language) {
    const std::optional<Sections> prefixes = RenderPrefixes(language);
    if (!prefixes) return false;
    return std::any_of(choice_.candidates.begin(), choice_.candidates.end(),
                       [&](const Candidate& candidate) { return TryTemplate(candidate, language, *prefixes); });
  }

  bool MayShow(const Template& made, size_t language) {
    if (made.translations[language].signed_off || options_.development) return true;
    Step(absl::StrCat("template `", made.id, "`: nobody signed it off in `", templates_.languages[language].tag, "`"));
    return false;
  }

  using Sections = google::protobuf::RepeatedPtrField<v1::CommentSection>;

  static v1::CommentSection* Add(v1::CommentSection::Kind kind, std::string text, Sections* sections) {
    v1::CommentSection* section = sections->Add();
    section->set_kind(kind);
    section->set_text(std::move(text));
    return section;
  }

  bool IsForPatient() const {
    const auto& readers = request_.audiences;
    return std::find(readers.begin(), readers.end(), v1::AUDIENCE_PATIENT) != readers.end();
  }
  void AddForOthers(size_t language, Sections* sections) const {
    if (!IsForPatient()) Add(v1::CommentSection::KIND_NOTICE, templates_.languages[language].for_others, sections);
  }
  void SetForOthers(size_t language) {
    if (IsForPatient() && request_.audiences.size() > 1) comment_.set_for_others(templates_.languages[language].for_others);
  }

  // The sentences before the wording; nullopt if one of them may not be shown.
  std::optional<Sections> RenderPrefixes(size_t language) {
    Sections sections;
    AddForOthers(language, &sections);
    if (!prefixes_.empty()) SetArguments(language, v1::NextStep());
    for (const Variant prefix : prefixes_) {
      const Template& made = templates_.templates[static_cast<size_t>(templates_.generic[static_cast<size_t>(prefix)])];
      if (!MayShow(made, language)) return std::nullopt;
      const Wording& wording = made.translations[language].wordings[static_cast<size_t>(prefix)];
      absl::StatusOr<std::string> sentence = wording.sections[static_cast<size_t>(Section::kResult)].Render(arguments_);
      if (!sentence.ok()) {
        Step(absl::StrCat("template `", made.id, "` could not be rendered"));
        return std::nullopt;
      }
      Add(v1::CommentSection::KIND_NOTICE, *std::move(sentence), &sections);
    }
    return sections;
  }

  bool TryTemplate(const Candidate& candidate, size_t language, const Sections& prefixes) {
    const Template& made = templates_.templates[static_cast<size_t>(candidate.template_index)];
    if (!IsFor(made)) {
      Step(absl::StrCat("template `", made.id, "`: not for this audience"));
      return false;
    }
    const Translation& translation = made.translations[language];
    if (!translation.exists) {
      Step(absl::StrCat("template `", made.id, "`: not written in `", templates_.languages[language].tag, "`"));
      return false;
    }
    const std::optional<Variant> variant = WrittenFor(translation, variant_);
    if (!variant) {
      Step(absl::StrCat("template `", made.id, "`: ", candidate.because, ", but it leaves `", Name(variant_),
                        "` to the generic templates"));
      return false;
    }
    if (!MayShow(made, language)) return false;
    Sections sections = prefixes;
    if (request_.clinician != nullptr) AddClinician(&sections);
    const Whole whole{templates_, report_, choice_, verdict_, made, *variant, language, OwnTemplates(language)};
    const std::vector<Part> parts = SpeaksOfResults(*variant) || IsCritical(*variant) ? PartsOf(whole) : std::vector<Part>();
    const v1::NextStep step = NextStepOf(*variant, StepOf(whole, parts));
    absl::Status rendered = RenderWording(made, *variant, language, step, &sections);
    if (rendered.ok() && !parts.empty() && !ClinicianReplaces())
      rendered = AddParts(whole, parts, IsInHospital(report_.order()), &arguments_, &sections);
    if (!rendered.ok()) {
      Step(absl::StrCat("template `", made.id, "` could not be rendered"));
      return false;
    }
    Step(absl::StrCat("template `", made.id, "`: ", candidate.because,
                      *variant == variant_ ? "" : absl::StrCat("; `", Name(*variant), "` stands for `", Name(variant_), "`")));
    comment_.set_template_id(made.id);
    comment_.set_template_digest(made.digest);
    comment_.set_language(templates_.languages[language].tag);
    comment_.set_variant(FullVariantName(*variant));
    if (!parts.empty() && !ClinicianReplaces()) {
      RecordParts(whole, parts, &comment_);
      Step("templates of single tests speak of their part");
    }
    comment_.set_title(translation.title.empty() ? templates_.languages[language].title : translation.title);
    SetForOthers(language);
    *comment_.mutable_sections() = std::move(sections);
    if (!ClinicianReplaces()) *comment_.mutable_next_step() = step;
    comment_.set_text(PlainText(comment_, templates_.languages[language]));
    return true;
  }

  bool ClinicianReplaces() const { return request_.clinician != nullptr && request_.clinician->replaces_template(); }

  // The clinician's words, cleaned as a sender's are, paragraph by paragraph.
  void AddClinician(Sections* sections) {
    std::string text;
    for (const absl::string_view line : absl::StrSplit(request_.clinician->text(), '\n')) {
      const std::string plain = text::PlainLine(line, kLongestClinicianLine).text;
      if (!plain.empty()) absl::StrAppend(&text, text.empty() ? "" : "\n", plain);
    }
    Add(v1::CommentSection::KIND_CLINICIAN, std::move(text), sections);
    comment_.set_clinician(request_.clinician->author());
    Step(ClinicianReplaces() ? "a clinician's words stand in place of the template's"
                             : "a clinician's words stand before the template's");
  }

  // Nobody signed a template: what a clinician wrote needs no signature but theirs.
  void ShowClinicianAlone(size_t language) {
    const SharedWords& words = templates_.languages[language];
    Sections sections;
    AddForOthers(language, &sections);
    SetForOthers(language);
    AddClinician(&sections);
    SetArguments(language, v1::NextStep());
    if (absl::StatusOr<std::string> contact = words.contact.Render(arguments_); contact.ok())
      Add(v1::CommentSection::KIND_CONTACT, *std::move(contact), &sections);
    comment_.set_language(words.tag);
    comment_.set_title(words.title);
    *comment_.mutable_sections() = std::move(sections);
    comment_.set_text(PlainText(comment_, words));
  }

  // By observation the template that knows it best, where these readers may be shown it in this language; else -1.
  std::vector<int> OwnTemplates(size_t language) const {
    std::vector<int> own = choice_.own;
    for (int& index : own) {
      if (index < 0) continue;
      const Template& made = templates_.templates[static_cast<size_t>(index)];
      const Translation& translation = made.translations[language];
      if (!IsFor(made) || !translation.exists || !(translation.signed_off || options_.development)) index = -1;
    }
    return own;
  }

  bool IsFor(const Template& made) const {
    return std::all_of(request_.audiences.begin(), request_.audiences.end(), [&](v1::Audience audience) {
      return std::find(made.audiences.begin(), made.audiences.end(), audience) != made.audiences.end();
    });
  }

  // What rules ask for, over the units that are shown, and whether they speak for all that the comment is about.
  struct Asked {
    std::optional<v1::NextStep> step;
    bool of_all = true;
  };
  Asked AskedByRules() const {
    Asked asked;
    const auto take = [&](const std::string& unit, bool is_about) {
      const auto found = request_.next_steps.find(unit);
      if (found == request_.next_steps.end()) {
        asked.of_all = asked.of_all && !is_about;
      } else if (!asked.step || nextstep::IsMoreUrgent(found->second, *asked.step)) {
        asked.step = found->second;
      }
    };
    for (int i = 0; i < report_.observations_size(); ++i) {
      const auto& findings = verdict_.findings;
      take(report_.observations(i).id(), findings.empty() || std::find(findings.begin(), findings.end(), i) != findings.end());
    }
    take(kDocument, /*is_about=*/report_.observations_size() == 0);
    return asked;
  }

  // The templates' step, or what rules ask for in its place; in hospital what stands for it there.
  v1::NextStep NextStepOf(Variant variant, const v1::NextStep& of_template) {
    v1::NextStep step = of_template;
    if (const Asked asked = AskedByRules(); asked.step && (SpeaksOfResults(variant) || IsCritical(variant))) {
      const bool may_soften =
          asked.of_all && !IsCritical(variant) && (asked.step->kind() != v1::NextStep::KIND_NONE || IsReassuring(variant));
      if (may_soften || nextstep::IsMoreUrgent(*asked.step, step)) step = *asked.step;
      Step(absl::StrCat("next step `", nextstep::ToString(step), "`: ",
                        nextstep::IsMoreUrgent(step, *asked.step)
                            ? absl::StrCat("the template's stands, a rule asks for `", nextstep::ToString(*asked.step), "` only")
                            : absl::StrCat("a rule asks for it; the template says `", nextstep::ToString(of_template), "`")));
    }
    return IsInHospital(report_.order()) ? InHospital(step) : step;
  }

  absl::Status RenderWording(const Template& made, Variant variant, size_t language, const v1::NextStep& step,
                             Sections* sections) {
    const Wording& wording = made.translations[language].wordings[static_cast<size_t>(variant)];
    const SharedWords& words = templates_.languages[language];
    // What is not the template's own step is said by the shared words; in hospital, whom to ask too.
    const bool own_step = StepKey(step) == StepKey(made.next_steps[static_cast<size_t>(variant)]);
    const bool asks_there = step.kind() == v1::NextStep::KIND_TELL_NURSE || step.kind() == v1::NextStep::KIND_ASK_CARE_TEAM;
    SetArguments(language, step);
    for (size_t i = 0; i < kSectionCount; ++i) {
      const auto section = static_cast<Section>(i);
      if (section != Section::kContact && ClinicianReplaces()) continue;
      const Pattern* pattern = &wording.sections[i];
      if (section == Section::kToDo && (pattern->empty() || !own_step)) pattern = &words.next_steps[StepKey(step)];
      if (section == Section::kContact && asks_there) pattern = &words.contact;
      if (section == Section::kUrgent && (pattern->empty() || asks_there)) continue;
      RG_ASSIGN_OR_RETURN(std::string text, pattern->Render(arguments_));
      if (section == Section::kTested && report_.has_effective()) {
        const absl::CivilDay day = absl::ToCivilDay(base::FromProto(report_.effective()), request_.zone);
        RG_ASSIGN_OR_RETURN(const std::string date, words.date.Render({{"date", day}}));
        absl::StrAppend(&text, "\n", date);
      }
      if (section == Section::kUrgent) {
        absl::StrAppend(sections->Mutable(sections->size() - 1)->mutable_text(), " ", text);
        continue;
      }
      v1::CommentSection* made_section = Add(kSectionKinds[i], std::move(text), sections);
      if (section == Section::kResult) {
        RG_ASSIGN_OR_RETURN(std::vector<std::string> lines, ListObservations(report_, ListedFindings(), words));
        for (std::string& line : lines) made_section->add_items(std::move(line));
      }
    }
    return absl::OkStatus();
  }

  std::vector<int> ListedFindings() const {
    std::vector<int> listed;
    for (const int i : verdict_.findings) {
      if (!choice_.hidden[static_cast<size_t>(i)]) listed.push_back(i);
    }
    return listed;
  }

  void SetArguments(size_t language, const v1::NextStep& step) {
    const SharedWords& words = templates_.languages[language];
    test_ = choice_.hides_report ? "" : Isolated(NameOf(report_.code()), words);
    if (test_.empty()) test_ = words.this_test;
    const Contacts& contacts = contacts_[language];
    arguments_ = {{"test", test_},
                  {"count", static_cast<int64_t>(verdict_.findings.size())},
                  {"total", static_cast<int64_t>(report_.observations_size())},
                  {"days", static_cast<int64_t>(step.within_days())},
                  {"clinic_phone", contacts.clinic_phone},
                  {"after_hours_phone", contacts.after_hours_phone},
                  {"emergency_number", contacts.emergency_number},
                  {"answer_days", static_cast<int64_t>(request_.answer_days > 0 ? request_.answer_days : contacts.answer_days)}};
    if (request_.expected_by) arguments_.push_back({"expected_by", *request_.expected_by});
  }

  std::string FullVariantName(Variant variant) const {
    std::string name;
    for (const Variant prefix : prefixes_) absl::StrAppend(&name, Name(prefix), "+");
    return absl::StrCat(name, Name(variant));
  }

  const Templates& templates_;
  const std::vector<Contacts>& contacts_;  // by language, as a text of it shows them
  const Library::Options& options_;
  const Request& request_;
  const v1::DiagnosticReport& report_;
  Choice choice_;
  Verdict verdict_;
  Variant variant_ = Variant::kNoVerdict;
  std::vector<Variant> prefixes_;
  std::vector<size_t> tried_;  // positions of languages
  std::string test_;
  std::vector<Message::NamedValue> arguments_;
  v1::Comment comment_;
};

}  // namespace

v1::Comment Render(const Templates& templates, const std::vector<Contacts>& contacts, const Library::Options& options,
                   const Request& request) {
  return Renderer(templates, contacts, options, request).Render();
}

v1::Comment RenderAs(const Templates& templates, const std::vector<Contacts>& contacts, const Library::Options& options,
                     const Request& request, int template_index) {
  return Renderer(templates, contacts, options, request).RenderAs(template_index);
}

}  // namespace resultgate::comment
