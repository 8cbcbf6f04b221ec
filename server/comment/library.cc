#include "server/comment/library.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/comment/choose.h"
#include "server/comment/lines.h"
#include "server/comment/template.h"
#include "server/comment/verdict.h"
#include "server/text/plain.h"

namespace resultgate::comment {
namespace {

using text::Message;

// A language to try and why.
struct Attempt {
  size_t position = 0;
  std::string because;
};

class Renderer {
 public:
  Renderer(const Templates& templates, const Library::Options& options, const Request& request)
      : templates_(templates),
        options_(options),
        request_(request),
        report_(*request.report),
        choice_(Choose(templates, report_)) {}

  v1::Comment Render() {
    FindVariant();
    for (const Attempt& attempt : Languages()) {
      Step(absl::StrCat("language `", templates_.languages[attempt.position].tag, "`: ", attempt.because));
      std::optional<std::string> prefixes = RenderPrefixes(attempt.position);
      if (!prefixes) continue;
      for (const Candidate& candidate : choice_.candidates) {
        if (TryTemplate(candidate, attempt.position, *prefixes)) return std::move(comment_);
      }
    }
    comment_.set_variant(FullVariantName(variant_));
    Step("no template may be shown");
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
    if (made.translations[language].signed_off || options_.allow_unsigned) return true;
    Step(absl::StrCat("template `", made.id, "`: nobody signed it off in `", templates_.languages[language].tag, "`"));
    return false;
  }

  // The sentences before the wording, each with its line feed; nullopt if one of them may not be shown.
  std::optional<std::string> RenderPrefixes(size_t language) {
    std::string text;
    if (request_.audience != v1::AUDIENCE_PATIENT) absl::StrAppend(&text, templates_.languages[language].for_others, "\n");
    SetArguments(language, Action());
    for (const Variant prefix : prefixes_) {
      const Template& made = templates_.templates[static_cast<size_t>(templates_.generic[static_cast<size_t>(prefix)])];
      if (!MayShow(made, language)) return std::nullopt;
      const Wording& wording = made.translations[language].wordings[static_cast<size_t>(prefix)];
      absl::StatusOr<std::string> sentence = wording.sections[static_cast<size_t>(Section::kResult)].Render(arguments_);
      if (!sentence.ok()) {
        Step(absl::StrCat("template `", made.id, "` could not be rendered"));
        return std::nullopt;
      }
      absl::StrAppend(&text, *sentence, "\n");
    }
    return text;
  }

  bool TryTemplate(const Candidate& candidate, size_t language, const std::string& prefixes) {
    const Template& made = templates_.templates[static_cast<size_t>(candidate.template_index)];
    if (std::find(made.audiences.begin(), made.audiences.end(), request_.audience) == made.audiences.end()) {
      Step(absl::StrCat("template `", made.id, "`: not for this audience"));
      return false;
    }
    std::optional<Variant> variant = variant_;
    while (variant && !made.translations[language].wordings[static_cast<size_t>(*variant)].written)
      variant = Info(*variant).instead;
    if (!variant) {
      Step(absl::StrCat("template `", made.id, "`: ", candidate.because, ", but it leaves `", Name(variant_),
                        "` to the generic templates"));
      return false;
    }
    if (!MayShow(made, language)) return false;
    absl::StatusOr<std::string> text = RenderWording(made, *variant, language);
    if (!text.ok()) {
      Step(absl::StrCat("template `", made.id, "` could not be rendered"));
      return false;
    }
    Step(absl::StrCat("template `", made.id, "`: ", candidate.because,
                      *variant == variant_ ? "" : absl::StrCat("; `", Name(*variant), "` stands for `", Name(variant_), "`")));
    comment_.set_template_id(made.id);
    comment_.set_template_digest(made.digest);
    comment_.set_language(templates_.languages[language].tag);
    comment_.set_variant(FullVariantName(*variant));
    comment_.set_text(absl::StrCat(prefixes, *text));
    return true;
  }

  absl::StatusOr<std::string> RenderWording(const Template& made, Variant variant, size_t language) {
    const Wording& wording = made.translations[language].wordings[static_cast<size_t>(variant)];
    const SharedWords& words = templates_.languages[language];
    SetArguments(language, made.actions[static_cast<size_t>(variant)]);
    std::string text;
    for (size_t i = 0; i < kSectionCount; ++i) {
      RG_ASSIGN_OR_RETURN(const std::string section, wording.sections[i].Render(arguments_));
      absl::StrAppend(&text, section, i + 1 < kSectionCount ? "\n" : "");
      if (static_cast<Section>(i) == Section::kTested && report_.has_effective()) {
        const absl::CivilDay day = absl::ToCivilDay(base::FromProto(report_.effective()), request_.zone);
        RG_ASSIGN_OR_RETURN(const std::string date, words.date.Render({{"date", day}}));
        absl::StrAppend(&text, date, "\n");
      }
      if (static_cast<Section>(i) == Section::kResult) {
        RG_ASSIGN_OR_RETURN(const std::string lines, ListObservations(report_, ListedFindings(), words));
        text += lines;
      }
    }
    return text;
  }

  std::vector<int> ListedFindings() const {
    std::vector<int> listed;
    for (const int i : verdict_.findings) {
      if (!choice_.hidden[static_cast<size_t>(i)]) listed.push_back(i);
    }
    return listed;
  }

  void SetArguments(size_t language, const Action& action) {
    const SharedWords& words = templates_.languages[language];
    test_ = choice_.hides_report ? "" : NameOf(report_.code());
    if (test_.empty()) test_ = words.this_test;
    arguments_ = {{"test", test_},
                  {"count", static_cast<int64_t>(verdict_.findings.size())},
                  {"total", static_cast<int64_t>(report_.observations_size())},
                  {"days", static_cast<int64_t>(action.within_days)}};
  }

  std::string FullVariantName(Variant variant) const {
    std::string name;
    for (const Variant prefix : prefixes_) absl::StrAppend(&name, Name(prefix), "+");
    return absl::StrCat(name, Name(variant));
  }

  const Templates& templates_;
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
  Options options;
};

Library::Library(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Library::~Library() = default;

std::shared_ptr<const Library> Library::Load(const std::string& folder, const valueset::Registry& value_sets,
                                             const Options& options, base::FileIssues* issues) {
  std::unique_ptr<const Templates> templates = LoadTemplates(folder, value_sets, issues);
  if (templates == nullptr) return nullptr;
  auto rep = std::make_unique<Rep>();
  rep->templates = std::move(templates);
  rep->options = options;
  return std::shared_ptr<const Library>(new Library(std::move(rep)));
}

v1::Comment Library::Render(const Request& request) const {
  return Renderer(*rep_->templates, rep_->options, request).Render();
}

std::vector<std::string> Library::Ids() const {
  std::vector<std::string> ids;
  for (const Template& made : rep_->templates->templates) ids.push_back(made.id);
  return ids;
}

const std::string& Library::digest() const {
  return rep_->templates->digest;
}

}  // namespace resultgate::comment
