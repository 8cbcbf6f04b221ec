#include "server/comment/library.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/comment/choose.h"
#include "server/comment/contacts.h"
#include "server/comment/format.h"
#include "server/comment/lines.h"
#include "server/comment/template.h"
#include "server/comment/verdict.h"
#include "server/text/plain.h"

namespace resultgate::comment {
namespace {

using text::Message;

constexpr size_t kLongestClinicianLine = 4000;

// By Section. What is urgent ends what to do.
constexpr v1::CommentSection::Kind kSectionKinds[] = {v1::CommentSection::KIND_TESTED,  v1::CommentSection::KIND_RESULT,
                                                      v1::CommentSection::KIND_MEANING, v1::CommentSection::KIND_TO_DO,
                                                      v1::CommentSection::KIND_TO_DO,   v1::CommentSection::KIND_CONTACT};
static_assert(std::size(kSectionKinds) == kSectionCount);

// A language to try and why.
struct Attempt {
  size_t position = 0;
  std::string because;
};

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
    return Render();
  }

  v1::Comment Render() {
    FindVariant();
    for (const Attempt& attempt : Languages()) {
      Step(absl::StrCat("language `", templates_.languages[attempt.position].tag, "`: ", attempt.because));
      const std::optional<Sections> prefixes = RenderPrefixes(attempt.position);
      if (!prefixes) continue;
      for (const Candidate& candidate : choice_.candidates) {
        if (TryTemplate(candidate, attempt.position, *prefixes)) return std::move(comment_);
      }
    }
    comment_.set_variant(FullVariantName(variant_));
    Step("no template may be shown");
    if (request_.clinician != nullptr) ShowClinicianAlone(Languages().front().position);
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
    } else {
      variant_ = verdict_.variant;
      Step(absl::StrCat("wording `", Name(variant_), "`: ", verdict_.reason));
    }
    // What replaces everything is said alone.
    if (variant_ != Variant::kCancelled && variant_ != Variant::kBeingCorrected) {
      if (request_.occasion == Occasion::kCorrected) prefixes_.push_back(Variant::kCorrected);
      if (verdict_.preliminary) prefixes_.push_back(Variant::kPreliminary);
      if (verdict_.specimen_in_doubt) prefixes_.push_back(Variant::kMayNeedRepeating);
      if (request_.not_yet_reviewed) prefixes_.push_back(Variant::kNotYetReviewed);
    }
    choice_.candidates.push_back({templates_.generic[static_cast<size_t>(variant_)], "it says this wording for every test"});
  }

  // The patient's language, the pack's and English, each with its shorter forms, each once.
  std::vector<Attempt> Languages() {
    std::vector<Attempt> attempts;
    const auto add = [&](absl::string_view tag, absl::string_view whose) {
      const std::string canonical = text::CanonicalLanguage(tag);
      if (canonical.empty()) return Step(absl::StrCat(whose, " language is no language tag"));
      bool found = false;
      for (const std::string& shorter : text::LanguageLookup(canonical)) {
        const auto at = std::lower_bound(templates_.languages.begin(), templates_.languages.end(), shorter,
                                         [](const SharedWords& words, const std::string& t) { return words.tag < t; });
        if (at == templates_.languages.end() || at->tag != shorter) continue;
        found = true;
        const auto position = static_cast<size_t>(at - templates_.languages.begin());
        const bool known =
            std::any_of(attempts.begin(), attempts.end(), [&](const Attempt& a) { return a.position == position; });
        if (!known) attempts.push_back({position, absl::StrCat("for ", whose, " `", canonical, "`")});
      }
      if (!found) Step(absl::StrCat("no template is written in ", whose, " `", canonical, "`"));
    };
    if (report_.patient().has_language() && !report_.patient().language().empty()) {
      add(report_.patient().language(), "the patient's");
    } else {
      Step("the patient's language is not known");
    }
    add(request_.fallback_language, "the pack's");
    add("en", "the last resort,");
    return attempts;
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

  // The sentences before the wording; nullopt if one of them may not be shown.
  std::optional<Sections> RenderPrefixes(size_t language) {
    Sections sections;
    if (request_.audience != v1::AUDIENCE_PATIENT)
      Add(v1::CommentSection::KIND_NOTICE, templates_.languages[language].for_others, &sections);
    SetArguments(language, v1::NextStep());
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
    if (std::find(made.audiences.begin(), made.audiences.end(), request_.audience) == made.audiences.end()) {
      Step(absl::StrCat("template `", made.id, "`: not for this audience"));
      return false;
    }
    const Translation& translation = made.translations[language];
    if (!translation.exists) {
      Step(absl::StrCat("template `", made.id, "`: not written in `", templates_.languages[language].tag, "`"));
      return false;
    }
    std::optional<Variant> variant = variant_;
    while (variant && !translation.wordings[static_cast<size_t>(*variant)].written) variant = Info(*variant).instead;
    if (!variant) {
      Step(absl::StrCat("template `", made.id, "`: ", candidate.because, ", but it leaves `", Name(variant_),
                        "` to the generic templates"));
      return false;
    }
    if (!MayShow(made, language)) return false;
    Sections sections = prefixes;
    if (request_.clinician != nullptr) AddClinician(&sections);
    const v1::NextStep step = NextStepOf(made, *variant);
    const absl::Status rendered = RenderWording(made, *variant, language, step, &sections);
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
    comment_.set_title(translation.title.empty() ? templates_.languages[language].title : translation.title);
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
    AddClinician(&sections);
    SetArguments(language, v1::NextStep());
    if (absl::StatusOr<std::string> contact = words.contact.Render(arguments_); contact.ok())
      Add(v1::CommentSection::KIND_CONTACT, *std::move(contact), &sections);
    comment_.set_language(words.tag);
    comment_.set_title(words.title);
    *comment_.mutable_sections() = std::move(sections);
    comment_.set_text(PlainText(comment_, words));
  }

  // The template's, unless the patient is in hospital.
  v1::NextStep NextStepOf(const Template& made, Variant variant) const {
    const v1::NextStep& step = made.next_steps[static_cast<size_t>(variant)];
    return IsInHospital(report_.order()) ? InHospital(step) : step;
  }

  absl::Status RenderWording(const Template& made, Variant variant, size_t language, const v1::NextStep& step,
                             Sections* sections) {
    const Wording& wording = made.translations[language].wordings[static_cast<size_t>(variant)];
    const SharedWords& words = templates_.languages[language];
    // What is not the template's own step is said by the shared words, with whom to ask.
    const bool own_step = step.kind() == made.next_steps[static_cast<size_t>(variant)].kind();
    SetArguments(language, step);
    for (size_t i = 0; i < kSectionCount; ++i) {
      const auto section = static_cast<Section>(i);
      if (section != Section::kContact && ClinicianReplaces()) continue;
      const Pattern* pattern = &wording.sections[i];
      if (section == Section::kToDo && (pattern->empty() || !own_step)) pattern = &words.next_steps[StepKey(step)];
      if (section == Section::kContact && !own_step) pattern = &words.contact;
      if (section == Section::kUrgent && (pattern->empty() || !own_step)) continue;
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
                  {"answer_days", static_cast<int64_t>(contacts.answer_days)}};
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
  std::string test_;
  std::vector<Message::NamedValue> arguments_;
  v1::Comment comment_;
};

}  // namespace

struct Library::Rep {
  std::unique_ptr<const Templates> templates;
  std::vector<Contacts> contacts;
  Options options;
};

Library::Library(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Library::~Library() = default;

std::shared_ptr<const Library> Library::Load(const std::string& folder, const valueset::Registry& value_sets,
                                             const Options& options, base::FileIssues* issues, const base::Files& files) {
  std::unique_ptr<const Templates> templates = LoadTemplates(folder, value_sets, options.development, issues, files);
  if (templates == nullptr) return nullptr;
  auto rep = std::make_unique<Rep>();
  for (const SharedWords& words : templates->languages) {
    Contacts contacts = options.stand_in_contacts ? StandInContacts() : words.contacts;
    for (std::string* number : {&contacts.clinic_phone, &contacts.after_hours_phone, &contacts.emergency_number})
      *number = Isolated(std::move(*number), words);
    rep->contacts.push_back(std::move(contacts));
  }
  rep->templates = std::move(templates);
  rep->options = options;
  return std::shared_ptr<const Library>(new Library(std::move(rep)));
}

v1::Comment Library::Render(const Request& request) const {
  return Renderer(*rep_->templates, rep_->contacts, rep_->options, request).Render();
}

std::vector<std::string> Library::Ids() const {
  std::vector<std::string> ids;
  for (const Template& made : rep_->templates->templates) ids.push_back(made.id);
  return ids;
}

v1::Comment Library::RenderAs(const Request& request, const std::string& template_id) const {
  Renderer renderer(*rep_->templates, rep_->contacts, rep_->options, request);
  const auto found = rep_->templates->by_id.find(template_id);
  return found == rep_->templates->by_id.end() ? renderer.Render() : renderer.RenderAs(found->second);
}

std::vector<Library::Wording> Library::Wordings() const {
  std::vector<Wording> wordings;
  for (const Template& made : rep_->templates->templates) {
    for (const VariantInfo& info : kVariants) {
      for (size_t i = 0; i < made.translations.size(); ++i) {
        if (!made.translations[i].wordings[static_cast<size_t>(info.variant)].written) continue;
        wordings.push_back({made.id, info.name, rep_->templates->languages[i].tag});
      }
    }
  }
  return wordings;
}

std::string Library::Format(const v1::Comment& comment, Form form) const {
  const std::vector<SharedWords>& languages = rep_->templates->languages;
  const auto words = std::find_if(languages.begin(), languages.end(),
                                  [&](const SharedWords& candidate) { return candidate.tag == comment.language(); });
  if (words == languages.end() || form == Form::kText) return comment.text() + "\n";
  switch (form) {
    case Form::kMarkdown:
      return Markdown(comment, *words);
    case Form::kLetter:
      return Letter(comment, *words);
    default:
      return PhoneScript(comment, *words);
  }
}

const Templates& Library::templates() const {
  return *rep_->templates;
}

const std::string& Library::digest() const {
  return rep_->templates->digest;
}

}  // namespace resultgate::comment
