// HL7 v2's encoding (v2 chapter 2): a message as segments, fields, repetitions, components. Knows the syntax and no meaning.
//
// Views point into the message's text, which must outlive them. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_HL7_MESSAGE_H_
#define RESULTGATE_INTAKE_HL7_MESSAGE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "resultgate/v1/issue.pb.h"

namespace resultgate::intake {

// MSH-1 and MSH-2.
struct Hl7Encoding {
  char field = '|';
  char component = '^';
  char repetition = '~';
  char escape = '\\';
  char subcomponent = '&';
  char truncation = '#';
  // The message's character set as ICU names it, for bytes that are written as `\Xhh\`.
  std::string charset = "UTF-8";
};

// A field, repetition, component or subcomponent. What is not there is empty; HL7's null (`""`) is read as empty too.
class Hl7Field {
 public:
  Hl7Field() = default;
  Hl7Field(absl::string_view raw, const Hl7Encoding* encoding) : raw_(raw), encoding_(encoding) {}

  // As sent, escapes and all.
  absl::string_view raw() const { return raw_; }
  bool empty() const;

  std::vector<Hl7Field> Repetitions() const;
  std::vector<Hl7Field> Components() const;
  // The first repetition's component, counted from 1.
  Hl7Field Component(int number) const;
  // Of a component: its subcomponent, counted from 1.
  Hl7Field Subcomponent(int number) const;

  // Escapes resolved, separators as sent.
  std::string Text() const;
  // The first subcomponent of the first component of the first repetition, without spaces around it: codes and identifiers.
  std::string Code() const;

 private:
  std::vector<Hl7Field> Split(char separator) const;
  Hl7Field Part(char separator, int number) const;

  absl::string_view raw_;
  const Hl7Encoding* encoding_ = nullptr;
};

class Hl7Segment {
 public:
  Hl7Segment(std::string id, int ordinal, std::string text, const Hl7Encoding* encoding)
      : id_(std::move(id)), ordinal_(ordinal), text_(std::move(text)), encoding_(encoding) {}

  const std::string& id() const { return id_; }
  // Counted among the message's segments of that id, from 1.
  int ordinal() const { return ordinal_; }
  // The field of that number (MSH-1 is the separator itself).
  Hl7Field operator[](int number) const;
  // `OBX[3]-5`, or `OBX[3]` for number 0; without an ordinal for MSH, of which a message has one.
  std::string Place(int number) const;

  // For the parser: a raw line break stood inside a field.
  void Append(absl::string_view line) {
    text_ += '\n';
    text_.append(line.data(), line.size());
  }

 private:
  std::string id_;
  int ordinal_;
  std::string text_;  // after the identifier, from its field separator on
  const Hl7Encoding* encoding_;
};

// One message, parsed. Not copyable: its segments point to its encoding.
class Hl7Message {
 public:
  // Reads one message that begins with `MSH`, in UTF-8. False, with the reason in `refused`, if MSH-1 or MSH-2 cannot be read or
  // the message is visibly damaged. Doubtful lines are appended to `warnings`.
  bool Parse(absl::string_view text, absl::string_view charset, v1::Issue* refused);

  Hl7Message() = default;
  Hl7Message(const Hl7Message&) = delete;
  Hl7Message& operator=(const Hl7Message&) = delete;

  const Hl7Segment& msh() const { return segments_.front(); }
  const std::vector<Hl7Segment>& segments() const { return segments_; }
  const std::vector<v1::Issue>& warnings() const { return warnings_; }

 private:
  Hl7Encoding encoding_;
  std::vector<Hl7Segment> segments_;
  std::vector<v1::Issue> warnings_;
};

// The lines of a text that are not empty, whatever ends them: CR, LF or CRLF.
std::vector<absl::string_view> Lines(absl::string_view text);

// True if `line` begins an MSH segment.
bool BeginsMessage(absl::string_view line);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_HL7_MESSAGE_H_
