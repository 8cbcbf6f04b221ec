#include "server/audit/log_export.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/base/status_macros.h"

namespace resultgate::audit {
namespace {

constexpr int64_t kProgressEvery = 8192;

absl::StatusOr<std::string> ToLine(const v1::ExportLine& line) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(line, &json, options).ok()) return absl::InternalError("an entry is no JSON");
  return absl::StrCat(json, "\n");
}

absl::StatusOr<v1::ExportLine> ReadLine(const std::string& text, int64_t number) {
  v1::ExportLine line;
  const auto status = google::protobuf::util::JsonStringToMessage(text, &line);
  if (status.ok() && line.line_case() != v1::ExportLine::LINE_NOT_SET) return line;
  return absl::InvalidArgumentError(absl::StrCat("line ", number, " is no line of an exported log"));
}

}  // namespace

std::string ExportHead(const std::string& checkpoint, const VerifierKey& key) {
  v1::ExportLine line;
  line.mutable_head()->set_checkpoint(checkpoint);
  line.mutable_head()->set_public_key(key.ToString());
  return ToLine(line).value_or("");
}

absl::StatusOr<std::string> ExportRow(const LogRow& row) {
  v1::ExportLine line;
  v1::ExportLine::Row& exported = *line.mutable_row();
  exported.set_sequence(row.sequence);
  exported.set_bytes(std::string(row.bytes));
  exported.set_leaf_hash(std::string(row.leaf_hash));
  if (!exported.mutable_entry()->ParseFromString(exported.bytes())) {
    return absl::DataLossError(absl::StrCat("entry ", row.sequence, " is damaged: its bytes are no entry"));
  }
  return ToLine(line);
}

absl::StatusOr<ExportReport> VerifyExport(std::istream& in, const std::optional<VerifierKey>& key, absl::string_view witness,
                                          const std::function<void(int64_t done)>& progress) {
  std::string text;
  if (!std::getline(in, text)) return absl::InvalidArgumentError("the file is empty");
  RG_ASSIGN_OR_RETURN(const v1::ExportLine first, ReadLine(text, 1));
  if (!first.has_head()) return absl::InvalidArgumentError("line 1 is not the head of an exported log: its beginning is missing");
  absl::StatusOr<VerifierKey> trusted = key ? *key : VerifierKey::Parse(first.head().public_key());
  if (!trusted.ok()) return absl::InvalidArgumentError(absl::StrCat("line 1: `public_key`: ", trusted.status().message()));
  std::vector<Checkpoint> witnessed;
  if (!witness.empty()) {
    RG_ASSIGN_OR_RETURN(witnessed, ReadWitness(witness, *trusted));
  }
  LogVerifier verifier(VerifyCheckpoint(first.head().checkpoint(), *trusted), std::move(witnessed));
  std::vector<Finding> misread;
  int64_t erased = 0;
  int64_t number = 1;
  while (std::getline(in, text)) {
    RG_ASSIGN_OR_RETURN(const v1::ExportLine line, ReadLine(text, ++number));
    if (!line.has_row()) return absl::InvalidArgumentError(absl::StrCat("line ", number, " is a second head"));
    const v1::ExportLine::Row& row = line.row();
    v1::Entry entry;
    if (entry.ParseFromString(row.bytes()) && !google::protobuf::util::MessageDifferencer::Equals(entry, row.entry())) {
      misread.push_back(
          {row.sequence(), row.sequence(),
           absl::StrCat("entry ", row.sequence(), " reads otherwise than its bytes: the readable part was changed")});
    }
    erased += entry.has_erased() ? 1 : 0;
    verifier.AddRow({row.sequence(), entry.result_id(), row.leaf_hash(), row.bytes()});
    if ((number - 1) % kProgressEvery == 0 && progress != nullptr) progress(number - 1);
  }
  ExportReport report{verifier.Finish(), *trusted, !key.has_value(), erased};
  report.log.findings.insert(report.log.findings.end(), misread.begin(), misread.end());
  std::stable_sort(report.log.findings.begin(), report.log.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.first < b.first; });
  return report;
}

}  // namespace resultgate::audit
