// <language>.yaml beside the templates' folders.
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/comment/loader.h"
#include "server/text/plain.h"

namespace resultgate::comment {
namespace {

using base::FileIssues;
using text::Message;
using Kind = v1::CommentSection;

class SharedWordsReader {
 public:
  SharedWordsReader(const yaml::Document& document, absl::string_view language, FileIssues* issues)
      : document_(document), language_(language), issues_(issues) {}

  SharedWords Read() {
    words_.tag = std::string(language_);
    words_.file = document_.file;
    words_.right_to_left = text::IsRightToLeft(language_);
    yaml::MapReader reader(document_, document_.root, "the shared words", issues_);
    words_.partial = reader.OptionalBool("partial", false);
    words_.title = reader.RequiredText("title");
    words_.this_test = reader.RequiredText("this_test");
    words_.unnamed = reader.RequiredText("unnamed");
    words_.for_others = reader.RequiredText("for_others");
    ArgumentTypes line = {{"name", Message::Type::kText}, {"value", Message::Type::kText}, {"flag", Message::Type::kText}};
    words_.line = ReadOne(reader, "line", line);
    line.emplace("range", Message::Type::kText);
    words_.line_with_range = ReadOne(reader, "line_with_range", line);
    words_.more = ReadOne(reader, "more", {{"count", Message::Type::kNumber}});
    words_.date = ReadOne(reader, "date", {{"date", Message::Type::kDate}});
    words_.contact = ReadOne(reader, "contact", ContactArguments());
    if (const yaml::Node* results = reader.Required("results")) ReadResults(*results);
    words_.no_verdict = ReadOne(reader, "no_verdict", {});
    if (const yaml::Node* steps = reader.Required("next_steps")) ReadNextSteps(*steps);
    if (const yaml::Node* headings = reader.Required("headings")) ReadHeadings(*headings);
    if (const yaml::Node* letter = reader.Required("letter")) ReadLetter(*letter);
    if (const yaml::Node* phone = reader.Required("phone")) {
      yaml::MapReader frame(document_, *phone, "`phone`", issues_);
      ReadFrame(frame, &words_.phone_opening, &words_.phone_closing);
      frame.RefuseUnknownKeys();
    }
    if (const yaml::Node* checks = reader.Optional("checks")) ReadChecks(*checks);
    reader.RefuseUnknownKeys();
    return std::move(words_);
  }

 private:
  Pattern ReadOne(yaml::MapReader& reader, absl::string_view key, const ArgumentTypes& allowed,
                  std::set<std::string>* used = nullptr) {
    const yaml::Node* node = reader.Required(key);
    return node == nullptr ? Pattern() : ReadPattern(document_, *node, language_, allowed, used, issues_);
  }

  void ReadResults(const yaml::Node& map) {
    yaml::MapReader reader(document_, map, "`results`", issues_);
    const ArgumentTypes allowed = {{"count", Message::Type::kNumber}, {"total", Message::Type::kNumber}};
    for (const VariantInfo& info : kVariants) {
      if (SpeaksOfResults(info.variant)) words_.results[static_cast<size_t>(info.variant)] = ReadOne(reader, info.name, allowed);
    }
    reader.RefuseUnknownKeys();
  }

  void ReadNextSteps(const yaml::Node& map) {
    yaml::MapReader reader(document_, map, "`next_steps`", issues_);
    for (size_t i = 0; i < kStepKeys.size(); ++i) {
      const absl::string_view key = kStepKeys[i];
      ArgumentTypes allowed = ContactArguments();
      if (key == "call") allowed.emplace("days", Message::Type::kNumber);
      std::set<std::string> used;
      words_.next_steps[i] = ReadOne(reader, key, allowed, &used);
      if (words_.next_steps[i].empty()) continue;
      const auto needs = [&](absl::string_view argument) {
        if (used.count(std::string(argument)) > 0) return;
        document_.Error(words_.next_steps[i].place(),
                        absl::StrCat("[next-step] the words for `", key, "` do not use `", argument, "`"), "", issues_);
      };
      // A promise without its time, or a call without its number, leaves the reader alone.
      if (key == "message") needs("answer_days");
      if (key == "call") needs("days");
      if (key == "call" || key == "call_today") needs("clinic_phone");
      if (key == "emergency") needs("emergency_number");
    }
    reader.RefuseUnknownKeys();
  }

  void ReadHeadings(const yaml::Node& map) {
    yaml::MapReader reader(document_, map, "`headings`", issues_);
    words_.headings[Kind::KIND_CLINICIAN] = reader.RequiredText("clinician");
    words_.headings[Kind::KIND_TESTED] = reader.RequiredText("tested");
    words_.headings[Kind::KIND_RESULT] = reader.RequiredText("result");
    words_.headings[Kind::KIND_MEANING] = reader.RequiredText("meaning");
    words_.headings[Kind::KIND_TO_DO] = reader.RequiredText("to_do");
    words_.headings[Kind::KIND_CONTACT] = reader.RequiredText("contact");
    reader.RefuseUnknownKeys();
  }

  void ReadLetter(const yaml::Node& map) {
    yaml::MapReader reader(document_, map, "`letter`", issues_);
    ReadFrame(reader, &words_.letter_opening, &words_.letter_closing);
    words_.letter_everything = reader.RequiredText("everything");
    ArgumentTypes line = {{"name", Message::Type::kText}, {"value", Message::Type::kText}};
    words_.letter_line = ReadOne(reader, "line", line);
    line.emplace("range", Message::Type::kText);
    words_.letter_line_with_range = ReadOne(reader, "line_with_range", line);
    reader.RefuseUnknownKeys();
  }

  static void ReadFrame(yaml::MapReader& frame, std::string* opening, std::string* closing) {
    *opening = std::string(absl::StripTrailingAsciiWhitespace(frame.RequiredText("opening")));
    *closing = std::string(absl::StripTrailingAsciiWhitespace(frame.RequiredText("closing")));
  }

  void ReadChecks(const yaml::Node& map) {
    yaml::MapReader reader(document_, map, "`checks`", issues_);
    words_.checks.known_abbreviations = reader.OptionalTexts("known_abbreviations");
    words_.checks.reassurance = reader.OptionalTexts("reassurance");
    words_.checks.diagnosis = reader.OptionalTexts("diagnosis");
    if (const yaml::Node* jargon = reader.Optional("jargon")) {
      if (!jargon->IsMap())
        document_.Error(jargon->place, "`jargon` must be a map of words and what to write instead", "", issues_);
      for (const yaml::Node::Entry& entry : jargon->entries) words_.checks.jargon.push_back({entry.key, entry.value.text});
    }
    reader.RefuseUnknownKeys();
  }

  const yaml::Document& document_;
  const absl::string_view language_;
  FileIssues* const issues_;
  SharedWords words_;
};

}  // namespace

SharedWords ReadSharedWords(const yaml::Document& document, absl::string_view language, base::FileIssues* issues) {
  return SharedWordsReader(document, language, issues).Read();
}

}  // namespace resultgate::comment
