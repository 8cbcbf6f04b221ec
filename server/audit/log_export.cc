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

constexpr int64_t kProgressEvery = 256;  // lines
constexpr size_t kMostFindings = 100;

absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok())
    return absl::InternalError("an entry is no JSON");
  return json;
}

absl::StatusOr<std::string> ToLine(const v1::ExportLine& line) {
  RG_ASSIGN_OR_RETURN(const std::string json, ToJson(line));
  return absl::StrCat(json, "\n");
}

// One object with the fields of both.
absl::StatusOr<std::string> ToLine(const v1::ExportLine& line, const google::protobuf::Message& beside) {
  RG_ASSIGN_OR_RETURN(const std::string json, ToJson(line));
  RG_ASSIGN_OR_RETURN(const std::string more, ToJson(beside));
  return absl::StrCat(json.substr(0, json.size() - 1), ",", more.substr(1), "\n");
}

absl::StatusOr<v1::ExportLine> ReadLine(const std::string& text, int64_t number) {
  v1::ExportLine line;
  const auto status = google::protobuf::util::JsonStringToMessage(text, &line);
  if (status.ok() && line.line_case() != v1::ExportLine::LINE_NOT_SET) return line;
  return absl::InvalidArgumentError(absl::StrCat("line ", number, " is no line of an exported log"));
}

// A line of a part: what stands in both messages' fields.
bool ReadPartLine(const std::string& text, v1::ExportLine* line, google::protobuf::Message* beside) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  return google::protobuf::util::JsonStringToMessage(text, line, options).ok() &&
         google::protobuf::util::JsonStringToMessage(text, beside, options).ok();
}

absl::Status FillRow(const LogRow& row, v1::ExportLine::Row* exported) {
  exported->set_sequence(row.sequence);
  exported->set_bytes(std::string(row.bytes));
  exported->set_leaf_hash(std::string(row.leaf_hash));
  if (exported->mutable_entry()->ParseFromString(exported->bytes())) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("entry ", row.sequence, " is damaged: its bytes are no entry"));
}

// What is read of a file, line by line.
class Lines {
 public:
  Lines(std::istream& in, const std::function<void(int64_t bytes)>& progress) : in_(in), progress_(progress) {}

  bool Next(std::string* text) {
    const bool more = static_cast<bool>(std::getline(in_, *text));
    if (more) {
      ++number_;
      bytes_ += static_cast<int64_t>(text->size()) + 1;
    }
    if ((!more || number_ % kProgressEvery == 0) && progress_ != nullptr) progress_(bytes_);
    return more;
  }
  int64_t number() const { return number_; }

 private:
  std::istream& in_;
  const std::function<void(int64_t bytes)>& progress_;
  int64_t number_ = 0;
  int64_t bytes_ = 0;
};

// Why the entry is not what the log has in its place; OK if it is.
absl::Status CheckPartRow(const v1::ExportLine::Row& row, const v1::GetInclusionProofResponse& proved,
                          const Checkpoint& checkpoint) {
  int64_t sequence = 0;
  int64_t result_id = 0;
  if (!ReadIdentity(row.bytes(), &sequence, &result_id) || sequence != row.sequence()) {
    return absl::InvalidArgumentError("its bytes are not that entry");
  }
  const merkle::Hash leaf = merkle::HashLeaf(row.bytes());
  if (row.leaf_hash() != merkle::Bytes(leaf))
    return absl::InvalidArgumentError("its bytes have another hash than the one beside them");
  merkle::Proof proof;
  for (const std::string& bytes : proved.hashes()) {
    const std::optional<merkle::Hash> hash = merkle::FromBytes(bytes);
    if (!hash) return absl::InvalidArgumentError("its proof has a hash that is none");
    proof.push_back(*hash);
  }
  RG_RETURN_IF_ERROR(merkle::VerifyInclusion(sequence - 1, checkpoint.size, leaf, proof, checkpoint.root));
  v1::Entry entry;
  if (!entry.ParseFromString(row.bytes()) || !google::protobuf::util::MessageDifferencer::Equals(entry, row.entry())) {
    return absl::InvalidArgumentError("it reads otherwise than its bytes: the readable part was changed");
  }
  return absl::OkStatus();
}

absl::StatusOr<ExportReport> VerifyPart(const v1::ExportLine::Head& head, const std::string& filter,
                                        const std::optional<VerifierKey>& key, const VerifierKey& trusted, Lines* lines) {
  ExportReport report{LogReport(), trusted, !key.has_value(), 0, filter, 0};
  const auto find = [&report](int64_t sequence, std::string message) {
    if (report.log.findings.size() == kMostFindings) {
      ++report.log.findings_left_out;
    } else {
      report.log.findings.push_back({sequence, sequence, std::move(message)});
    }
  };
  const absl::StatusOr<Checkpoint> checkpoint = VerifyCheckpoint(head.checkpoint(), trusted);
  report.log.head_holds = checkpoint.ok();
  if (checkpoint.ok()) {
    report.log.root = checkpoint->root;
    report.tree_size = checkpoint->size;
  } else {
    find(0, absl::StrCat("the signed head does not hold: ", checkpoint.status().message()));
  }
  std::string text;
  int64_t before = 0;
  while (lines->Next(&text)) {
    v1::ExportLine line;
    v1::GetInclusionProofResponse proof;
    if (!ReadPartLine(text, &line, &proof) || !line.has_row()) {
      return absl::InvalidArgumentError(absl::StrCat("line ", lines->number(), " is no line of an exported log"));
    }
    const int64_t sequence = line.row().sequence();
    ++report.log.entries;
    report.erased += line.row().entry().has_erased() ? 1 : 0;
    if (sequence <= before) find(sequence, absl::StrCat("entry ", sequence, " does not stand in its place"));
    before = sequence;
    if (!checkpoint.ok()) continue;
    const absl::Status holds = CheckPartRow(line.row(), proof, *checkpoint);
    if (!holds.ok()) find(sequence, absl::StrCat("entry ", sequence, " does not hold: ", holds.message()));
  }
  return report;
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
  RG_RETURN_IF_ERROR(FillRow(row, line.mutable_row()));
  return ToLine(line);
}

std::string ExportPartHead(const std::string& checkpoint, const VerifierKey& key, absl::string_view filter) {
  v1::ExportLine line;
  line.mutable_head()->set_checkpoint(checkpoint);
  line.mutable_head()->set_public_key(key.ToString());
  v1::Entry::Queried queried;
  queried.set_query(v1::QUERY_EXPORT);
  queried.set_filter(std::string(filter));
  return ToLine(line, queried).value_or("");
}

absl::StatusOr<std::string> ExportPartRow(const LogRow& row, int64_t tree_size, const merkle::Proof& proof) {
  v1::ExportLine line;
  RG_RETURN_IF_ERROR(FillRow(row, line.mutable_row()));
  v1::GetInclusionProofResponse proved;
  proved.set_leaf_index(row.sequence - 1);
  proved.set_tree_size(tree_size);
  for (const merkle::Hash& hash : proof) proved.add_hashes(std::string(merkle::Bytes(hash)));
  return ToLine(line, proved);
}

absl::StatusOr<ExportReport> VerifyExport(std::istream& in, const std::optional<VerifierKey>& key, absl::string_view witness,
                                          const std::function<void(int64_t bytes)>& progress,
                                          absl::Span<const VerifierKey> older) {
  Lines lines(in, progress);
  std::string text;
  if (!lines.Next(&text)) return absl::InvalidArgumentError("the file is empty");
  v1::ExportLine first;
  v1::Entry::Queried queried;
  const absl::StatusOr<v1::ExportLine> whole = ReadLine(text, 1);
  if (whole.ok()) {
    first = *whole;
  } else if (!ReadPartLine(text, &first, &queried) || queried.query() != v1::QUERY_EXPORT) {
    return whole.status();
  }
  if (!first.has_head()) return absl::InvalidArgumentError("line 1 is not the head of an exported log: its beginning is missing");
  absl::StatusOr<VerifierKey> trusted = key ? *key : VerifierKey::Parse(first.head().public_key());
  if (!trusted.ok()) return absl::InvalidArgumentError(absl::StrCat("line 1: `public_key`: ", trusted.status().message()));
  if (!whole.ok()) {
    if (!witness.empty()) {
      return absl::InvalidArgumentError("it is a part of a log; checkpoints that were kept tell of whole ones");
    }
    return VerifyPart(first.head(), queried.filter(), key, *trusted, &lines);
  }
  std::vector<Checkpoint> witnessed;
  if (!witness.empty()) {
    std::vector<VerifierKey> keys(older.begin(), older.end());
    keys.push_back(*trusted);
    RG_ASSIGN_OR_RETURN(witnessed, ReadWitness(witness, keys));
  }
  LogVerifier verifier(VerifyCheckpoint(first.head().checkpoint(), *trusted), std::move(witnessed));
  std::vector<Finding> misread;
  int64_t erased = 0;
  while (lines.Next(&text)) {
    RG_ASSIGN_OR_RETURN(const v1::ExportLine line, ReadLine(text, lines.number()));
    if (!line.has_row()) return absl::InvalidArgumentError(absl::StrCat("line ", lines.number(), " is a second head"));
    const v1::ExportLine::Row& row = line.row();
    v1::Entry entry;
    if (entry.ParseFromString(row.bytes()) && !google::protobuf::util::MessageDifferencer::Equals(entry, row.entry())) {
      misread.push_back(
          {row.sequence(), row.sequence(),
           absl::StrCat("entry ", row.sequence(), " reads otherwise than its bytes: the readable part was changed")});
    }
    erased += entry.has_erased() ? 1 : 0;
    verifier.AddRow({row.sequence(), entry.result_id(), row.leaf_hash(), row.bytes()});
  }
  ExportReport report{verifier.Finish(), *trusted, !key.has_value(), erased, std::nullopt, 0};
  report.tree_size = report.log.entries;
  report.log.findings.insert(report.log.findings.end(), misread.begin(), misread.end());
  std::stable_sort(report.log.findings.begin(), report.log.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.first < b.first; });
  return report;
}

}  // namespace resultgate::audit
