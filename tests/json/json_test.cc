#include "server/json/json.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace resultgate::json {
namespace {

std::unique_ptr<const Document> Parse(absl::string_view text) {
  Error error;
  auto document = Document::Parse(text, Limits(), &error);
  EXPECT_NE(document, nullptr) << text << " at " << error.line << ":" << error.column << " " << error.message;
  return document;
}

TEST(JsonTest, FollowsPathsThroughWhatIsThereAndWhatIsNot) {
  const auto document = Parse(R"({"entry":[{"a":1},{"resource":{"status":"final","flag":true,"none":null}}],"x":{}})");
  const Value status = document->root()["entry"].children()[1]["resource"]["status"];
  EXPECT_EQ(status.string(), "final");
  EXPECT_EQ(status.Path(), "entry[1].resource.status");
  EXPECT_EQ(status.parent().PathOf("issued"), "entry[1].resource.issued");
  EXPECT_EQ(document->root().PathOf("type"), "type");
  EXPECT_TRUE(status.parent()["flag"].IsTrue());
  EXPECT_EQ(status.parent()["none"].kind(), Value::Kind::kNull);
  EXPECT_FALSE(document->root()["x"]["y"]["z"].IsPresent());
  EXPECT_EQ(document->root()["x"]["y"].Path(), "");
  EXPECT_TRUE(document->root()["x"]["y"].children().empty());
  EXPECT_EQ(document->root()["x"].AsList().size(), 1u);
  EXPECT_TRUE(status.parent()["none"].AsList().empty());
}

TEST(JsonTest, KeepsNumbersAsWritten) {
  for (const char* number :
       {"7.10", "0", "-0", "-12", "1e3", "1.00E-245", "18446744073709551616", "-9223372036854775809", "120", "0.00"}) {
    const auto document = Parse(absl::StrCat("{\"n\": ", number, "}"));
    EXPECT_TRUE(document->root()["n"].IsNumber());
    EXPECT_EQ(document->root()["n"].text(), number);
    EXPECT_EQ(document->root()["n"].string(), "");
  }
}

TEST(JsonTest, RefusesWithThePlace) {
  const struct {
    std::string text;
    int line, column;
    const char* message;
  } cases[] = {
      {"", 1, 1, "expected one JSON value"},
      {"  ", 1, 3, "expected one JSON value"},
      {"{\"a\":1,\n \"a\":2}", 2, 4, "stands twice"},
      {"{\"a\":{\"b\":1,\"c\":{},\"b\":2}}", 1, 22, "stands twice"},
      {"{\"a\":1,}", 1, 8, "key in double quotes"},
      {"[1,]", 1, 4, "one JSON value"},
      {"[1 2]", 1, 4, "`,` or `]`"},
      {"{\"a\" 1}", 1, 6, "`:`"},
      {"{\"a\":1} x", 1, 9, "one JSON value"},
      {"// no\n{}", 1, 1, "one JSON value"},
      {"{\"a\":925.}", 1, 10, "number"},
      {"{\"a\":01}", 1, 7, "`,` or `}`"},
      {"{\"a\":1e999}", 1, 10, "out of range"},
      {"{\"a\":\"\xFF\"}", 1, 7, "UTF-8"},
      {"{\"a\":\"\n\"}", 1, 7, "string"},
      {"{\"a\":\"\\ud800\"}", 1, 13, "string"},
      {"{\"a\":nan}", 1, 7, "one JSON value"},
      {"{\"a\":\"secret", 1, 13, "string"},
      {std::string(65, '['), 1, 65, "nested too deeply"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text);
    Error error;
    EXPECT_EQ(Document::Parse(test.text, Limits(), &error), nullptr);
    EXPECT_EQ(error.line, test.line) << error.message;
    EXPECT_EQ(error.column, test.column) << error.message;
    EXPECT_NE(error.message.find(test.message), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find("secret"), std::string::npos);
  }
}

TEST(JsonTest, LimitsAreExact) {
  Error error;
  EXPECT_NE(Document::Parse(std::string(64, '[') + std::string(64, ']'), Limits(), &error), nullptr);
  Limits limits;
  limits.most_values = 3;
  EXPECT_NE(Document::Parse("[1,2]", limits, &error), nullptr);
  EXPECT_EQ(Document::Parse("[1,2,3]", limits, &error), nullptr);
  // The same key in different objects, one after the other and nested, is no duplicate.
  EXPECT_NE(Document::Parse(R"([{"a":1},{"a":{"a":2}},{"b":{"a":1},"a":2}])", Limits(), &error), nullptr);
}

}  // namespace
}  // namespace resultgate::json
